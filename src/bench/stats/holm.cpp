#include "src/bench/stats/holm.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace roacache::bench {

double student_p(double t, std::size_t degrees) {
    if (!std::isfinite(t)) return 0;
    if (degrees == 0) return std::erfc(t / std::numbers::sqrt2);
    const double v = static_cast<double>(degrees);
    const double angle = std::atan(t / std::sqrt(v)), cosine = std::cos(angle), sine = std::sin(angle);
    const bool odd = degrees % 2 == 1;
    double term = odd ? cosine : 1, sum = degrees == 1 ? 0 : term;
    for (std::size_t k = odd ? 3 : 2; k + 2 <= degrees; k += 2) {
        term *= cosine * cosine * static_cast<double>(k - 1) / static_cast<double>(k);
        sum += term;
    }
    const double within = odd ? 2 / std::numbers::pi * (angle + sine * sum) : sine * sum;
    return std::clamp(1 - within, 0.0, 1.0);
}

double p_of(double estimate, const Interval& interval, double value) {
    if (value == estimate) return 1;
    const std::size_t degrees = interval.blocks > 0 ? interval.blocks - 1 : 0;
    const double quantile = degrees > 0 ? t_975(static_cast<unsigned>(degrees)) : k_z_975;
    const double half = value < estimate ? estimate - interval.low : interval.high - estimate;
    const double p = student_p(quantile * std::abs(value - estimate) / std::max(half, 0.0), degrees);
    const bool outside = value < interval.low || value > interval.high;
    return outside ? std::min(p, k_error_rate) : std::max(p, k_error_rate);
}

std::vector<double> holm_adjusted(const std::vector<double>& p) {
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
    std::vector<double> adjusted(p.size());
    double least = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        least = std::max(least, p[order[i]] * static_cast<double>(order.size() - i));
        adjusted[order[i]] = std::min(least, 1.0);
    }
    return adjusted;
}

} // namespace roacache::bench
