#pragma once

#include "src/bench/verdict/verdict.hpp"

namespace roacache::bench {

/// What makes a comparison less sure than its intervals say:
/// `few-blocks`         fewer than k_least_blocks pairs;
/// `dependent-blocks`   neighbouring pairs were alike and taken together as longer ones, or should be;
/// `check-disagrees`    a difference of the mean or median that the signed-rank test does not confirm;
/// `below-noise-floor`  a difference of the mean or median smaller than the noise floor.
/// Of the endpoints pooled; none for a single run.
std::vector<Warning> warnings_of(const Comparison& comparison, std::optional<double> noise_floor,
                                 std::size_t pairs);

/// What makes the figures of any run less than they seem:
/// `generator-bound`    the threads that made the load were busy for at least 90 % of an arm's time, so that
///                      its figures are theirs and not the service's. Not known where they spin;
/// `generator-waiting`  they waited for a core for at least 10 % of an arm's time;
/// `idle-connections`   less than 95 % of the requests that were to be under way at once were, in an arm
/// whose
///                      misses are not forced;
/// `ended-connections`  for more than 1 % of an arm's requests the server had ended the connection
/// unanswered, so
///                      that they were sent once more;
/// `overload`           at a rate: see Result::overloaded();
/// `stalls`             the server stood still at times.
/// Of the run, then of the closed loop that alternates with it, where there was one.
std::vector<Warning> warnings_of(const Result& result);

/// `slower-endpoints`   of several endpoints, which the cache makes slower in their mean, as far as neither
///                      chance (corrected for one another, Holm) nor the noise floor explains it.
/// `by_endpoint`: their comparisons, in the order of the endpoints.
std::vector<Warning> warnings_of(const Result& result, const std::vector<Comparison>& by_endpoint,
                                 std::optional<double> noise_floor);

} // namespace roacache::bench
