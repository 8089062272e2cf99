#include "src/bench/stats/arm_figures.hpp"

#include <algorithm>
#include <array>

namespace roacache::bench {
namespace {

std::optional<double> share(double part, double whole) {
    return whole > 0 ? std::optional(part / whole) : std::nullopt;
}

/// Good responses a second of wall time.
constexpr ArmFigure k_rps{
    Figure::rps,
    "rps",
    ArmFigure::Unit::per_second,
    {},
    [](const Tally& tally, double seconds) { return share(static_cast<double>(tally.answered()), seconds); },
    [](const BlockSums& sums) { return share(sums.answered, sums.seconds); }};

/// Proven hits by good responses.
constexpr ArmFigure k_hit_rate{Figure::hit_rate,
                               "hit_rate",
                               ArmFigure::Unit::fraction,
                               {},
                               [](const Tally& tally, double /*seconds*/) {
                                   return share(static_cast<double>(tally.proven_hits),
                                                static_cast<double>(tally.answered()));
                               },
                               [](const BlockSums& sums) { return share(sums.hits, sums.answered); }};

constexpr std::array k_figures{
    ArmFigure{Figure::mean,
              "mean",
              ArmFigure::Unit::nanoseconds,
              {},
              [](const Tally& tally, double /*seconds*/) { return std::optional(tally.latency.mean_ns()); },
              [](const BlockSums& sums) { return share(sums.sum_ns, sums.good); }},
    ArmFigure{Figure::p50, "p50", ArmFigure::Unit::nanoseconds, 0.5},
    ArmFigure{Figure::p90, "p90", ArmFigure::Unit::nanoseconds, 0.9},
    ArmFigure{Figure::p95, "p95", ArmFigure::Unit::nanoseconds, 0.95},
    ArmFigure{Figure::p99, "p99", ArmFigure::Unit::nanoseconds, 0.99},
    ArmFigure{Figure::p999, "p999", ArmFigure::Unit::nanoseconds, 0.999},
    k_rps,
    k_hit_rate,
};

} // namespace

std::span<const ArmFigure> arm_figures() {
    return k_figures;
}

const ArmFigure& arm_figure(Figure figure) {
    return *std::find_if(k_figures.begin(), k_figures.end(),
                         [&](const ArmFigure& one) { return one.figure == figure; });
}

std::optional<double> value_of(const ArmFigure& figure, const Tally& tally, double seconds) {
    if (tally.latency.empty()) return {};
    if (!figure.q) return figure.of_arm(tally, seconds);
    const Histogram ranked = tally.ranked();
    if (!enough_for_quantile(*figure.q, ranked.count())) return {};
    return ranked.quantile_ns(*figure.q);
}

} // namespace roacache::bench
