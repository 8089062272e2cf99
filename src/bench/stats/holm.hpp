#pragma once

#include "src/bench/stats/bootstrap.hpp"

#include <vector>

namespace roacache::bench {

/// The share of chances that a verdict on several questions may err by: 1 − 0.95.
inline constexpr double k_error_rate = 0.05;

/// P(|T| ≥ t) of Student's t distribution (Abramowitz & Stegun 26.7.3 and 26.7.4); t at least 0. With 0
/// `degrees` that of the normal distribution.
double student_p(double t, std::size_t degrees);

/// Two-sided p of the hypothesis that the truth is `value`, from the 95 % interval of bootstrap_interval():
/// intervals of other levels are nested in or around it, the half that faces `value` widened by t(1 − p/2)
/// / t(0.975); p is of the one that ends at `value`. At most 0.05 just where the interval leaves `value` out.
double p_of(double estimate, const Interval& interval, double value);

/// Holm's step-down correction of several p for one another (Holm 1979): each times the number of those that
/// are not smaller, never less than a smaller one's; at most 1. In the order given. Calling a difference
/// where the result is at most k_error_rate, one that is none is called in at most that share of all runs,
/// whatever the questions have to do with each other.
std::vector<double> holm_adjusted(const std::vector<double>& p);

} // namespace roacache::bench
