#pragma once

#include <chrono>
#include <string>

namespace roacache::core {

/// As format_duration(), also for times that are longer than nanoseconds can count (292 years): in days then,
/// `106,751 days`.
std::string format_long_duration(std::chrono::milliseconds duration);
std::string format_long_duration(std::chrono::seconds duration);

} // namespace roacache::core
