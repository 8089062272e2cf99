#include "src/bench/statistics.hpp"

#include "src/bench/log_figures.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace roacache::bench {
namespace {

struct Pairs {
    std::vector<BlockFigures> cached, uncached; // same place, same pair
};

Pairs pairs_of(const Result& result, std::optional<std::size_t> endpoint) {
    std::map<unsigned, std::pair<const Block*, const Block*>> by_pair;
    for (const Block& block : result.blocks) {
        if (block.arm == ArmKind::cached) by_pair[block.pair].first = &block;
        if (block.arm == ArmKind::uncached) by_pair[block.pair].second = &block;
    }
    Pairs pairs;
    for (const auto& [number, blocks] : by_pair) {
        if (blocks.first == nullptr || blocks.second == nullptr) continue;
        pairs.cached.push_back(scope_of(*blocks.first, endpoint));
        pairs.uncached.push_back(scope_of(*blocks.second, endpoint));
    }
    return pairs;
}

Comparison compare(Pairs pairs, std::uint64_t seed, bool total_time) {
    const std::size_t count = pairs.cached.size();
    ArmBlocks cached(std::move(pairs.cached)), uncached(std::move(pairs.uncached));
    cached.draw_all();
    uncached.draw_all();
    const auto least = static_cast<std::uint64_t>(std::min(cached.ranked(), uncached.ranked()));
    if (count < 2 || least == 0) return {};
    const std::size_t ranks = ranks_for(least);
    const auto log_ratios = [&] {
        return log_figures(cached, ranks, total_time) - log_figures(uncached, ranks, total_time);
    };
    const LogFigures estimate = log_ratios();
    ResampledRatio resampled;
    resample(count, seed, [&](std::span<const unsigned> times) {
        cached.draw(times);
        uncached.draw(times);
        resampled.add(log_ratios());
    });
    return resampled.with_intervals(estimate, count);
}

/// Of what was drawn last; absent where it would divide by nothing.
std::optional<double> value_of(const ArmBlocks& blocks, Figure figure) {
    if (blocks.good() <= 0) return {};
    if (const auto q = quantile_of(figure)) {
        double value = 0;
        blocks.quantiles(std::span(&*q, 1), std::span(&value, 1));
        return value;
    }
    if (figure == Figure::mean) return blocks.sum_ns() / blocks.good();
    if (figure == Figure::hit_rate)
        return blocks.answered() > 0 ? std::optional(blocks.hits() / blocks.answered()) : std::nullopt;
    return blocks.seconds() > 0 ? std::optional(blocks.good() / blocks.seconds()) : std::nullopt;
}

} // namespace

const char* name_of(Quantity quantity) {
    switch (quantity) {
    case Quantity::mean:
        return "mean";
    case Quantity::p50:
        return "p50";
    case Quantity::p90:
        return "p90";
    case Quantity::p95:
        return "p95";
    case Quantity::p99:
        return "p99";
    case Quantity::total_time:
        break;
    }
    return "total_time";
}

std::optional<double> quantile_of(Figure figure) {
    switch (figure) {
    case Figure::p50:
        return 0.5;
    case Figure::p90:
        return 0.9;
    case Figure::p95:
        return 0.95;
    case Figure::p99:
        return 0.99;
    case Figure::p999:
        return 0.999;
    default:
        return {};
    }
}

std::optional<double> quantile_of(Quantity quantity) {
    for (std::size_t k = 0; k < k_ranks.size(); ++k)
        if (k_rank_quantities.at(k) == quantity) return k_ranks.at(k);
    return {};
}

Comparison compare(const Result& result, std::optional<std::size_t> endpoint) {
    const bool whole = !endpoint || result.plan.endpoints.size() <= 1;
    return compare(pairs_of(result, endpoint), result.plan.seed, whole);
}

std::optional<double> noise_floor_percent(const Result& result) {
    constexpr std::size_t k_least_pairs = 2;
    Pairs pairs;
    for (const Block& block : result.blocks) {
        if (block.arm != ArmKind::cached) continue;
        auto& side = pairs.cached.size() > pairs.uncached.size() ? pairs.uncached : pairs.cached;
        side.push_back(scope_of(block, {}));
    }
    pairs.cached.resize(pairs.uncached.size());
    if (pairs.cached.size() < k_least_pairs) return {};
    const Comparison comparison = compare(std::move(pairs), result.plan.seed, false);
    const auto median = comparison.find(Quantity::p50);
    if (median == comparison.end()) return {};
    return 100 * std::max(std::abs(1 - median->second.ci_low), std::abs(median->second.ci_high - 1));
}

std::optional<Interval> interval_of(const Result& result, ArmKind arm, Figure figure) {
    std::vector<BlockFigures> figures;
    for (const Block& block : result.blocks)
        if (block.arm == arm) figures.push_back(scope_of(block, {}));
    ArmBlocks blocks(std::move(figures));
    blocks.draw_all();
    const auto estimate = value_of(blocks, figure);
    const auto q = quantile_of(figure);
    if (!estimate || (q && !enough_for_quantile(*q, static_cast<std::uint64_t>(blocks.ranked())))) return {};
    std::optional<Interval> wilson;
    if (figure == Figure::hit_rate) wilson = wilson_interval(blocks.hits(), blocks.answered());

    std::vector<double> resampled;
    resample(blocks.size(), result.plan.seed, [&](std::span<const unsigned> times) {
        blocks.draw(times);
        if (const auto value = value_of(blocks, figure)) resampled.push_back(*value);
    });
    const auto interval = bootstrap_interval(*estimate, resampled, blocks.size());
    if (!wilson)
        return interval ? std::optional(Interval{std::max(0.0, interval->low), interval->high}) : interval;
    if (!interval) return wilson;
    return Interval{std::max(0.0, std::min(interval->low, wilson->low)),
                    std::min(1.0, std::max(interval->high, wilson->high))};
}

Interval wilson_interval(double successes, double of) {
    constexpr double k_z = 1.959963984540054;
    const double p = successes / of, z2 = k_z * k_z;
    const double centre = (p + z2 / (2 * of)) / (1 + z2 / of);
    const double half = k_z * std::sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of);
    return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

} // namespace roacache::bench
