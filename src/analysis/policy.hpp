#pragma once

#include "src/analysis/facts.hpp"

#include <optional>
#include <string>

namespace roacache::analysis {

/// The eviction policy that suits the keys: where other applications' keys are there too, what never expires
/// is kept.
const char* fitting_policy(const Facts& facts);

/// The one that the server has; absent where it does not tell.
std::optional<std::string> policy_of(const Facts& facts);

} // namespace roacache::analysis
