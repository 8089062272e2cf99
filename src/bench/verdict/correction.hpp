#pragma once

#include "src/bench/verdict/metrics.hpp"

namespace roacache::bench {

/// p of the hypothesis that the truth is the assert's threshold, on the scale on which the interval was made:
/// ratios and latencies as logarithms. Absent without a value and an interval. See p_of().
std::optional<double> p_of_threshold(const AssertResult& answer, const Subject& subject);

} // namespace roacache::bench
