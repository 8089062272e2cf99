#pragma once

#include "src/bench/verdict/verdict.hpp"

#include <optional>
#include <string>
#include <vector>

namespace roacache::bench {

/// That a drill's cache may never have been away, a sentence: while it was to be stopped the service hit at
/// least half as often as before. Absent where an assert on `down.hit_rate` says what is wanted then, for a
/// fallback in memory may hit rightly; and where nothing proves hits.
std::optional<std::string> why_not_stopped(const Result& result, const std::vector<AssertResult>& asserts);

} // namespace roacache::bench
