#pragma once

#include "src/bench/verdict.hpp"

namespace roacache::bench {

/// What makes a comparison less sure than its intervals say:
/// `few-blocks`         fewer than k_least_blocks pairs;
/// `dependent-blocks`   neighbouring pairs were alike and taken together as longer ones, or should be;
/// `check-disagrees`    a difference of the mean or median that the signed-rank test does not confirm;
/// `below-noise-floor`  a difference of the mean or median smaller than the noise floor.
/// Of the endpoints pooled; none for a single run.
std::vector<Warning> warnings_of(const Comparison& comparison, std::optional<double> noise_floor_percent,
                                 std::size_t pairs);

} // namespace roacache::bench
