#include "src/bench/stats/statistics.hpp"

#include "src/bench/stats/arm_figures.hpp"
#include "src/bench/stats/holm.hpp"
#include "src/bench/stats/log_figures.hpp"
#include "src/bench/stats/signed_rank.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace roacache::bench {
namespace {

/// What is held against what; same place, same pair.
struct Pairs {
    std::vector<BlockFigures> upper, lower; // of the ratio
};

/// The blocks of an arm of a run.
struct Side {
    const Result& result;
    ArmKind arm;
};

Pairs pairs_of(Side upper, Side lower, std::optional<std::size_t> endpoint) {
    std::map<unsigned, std::pair<const Block*, const Block*>> by_pair;
    for (const Block& block : upper.result.blocks)
        if (block.arm == upper.arm) by_pair[block.pair].first = &block;
    for (const Block& block : lower.result.blocks)
        if (block.arm == lower.arm) by_pair[block.pair].second = &block;
    Pairs pairs;
    for (const auto& [number, blocks] : by_pair) {
        if (blocks.first == nullptr || blocks.second == nullptr) continue;
        pairs.upper.push_back(scope_of(*blocks.first, endpoint));
        pairs.lower.push_back(scope_of(*blocks.second, endpoint));
    }
    return pairs;
}

/// Of each pair alone, in the order in which they ran.
std::vector<LogFigures> log_ratios_of_each(const Pairs& pairs) {
    ArmBlocks upper(pairs.upper), lower(pairs.lower);
    const std::vector<LogFigures> uppers = figures_of_each(upper), lowers = figures_of_each(lower);
    std::vector<LogFigures> ratios;
    for (std::size_t i = 0; i < uppers.size(); ++i)
        ratios.push_back(uppers[i] - lowers[i]);
    return ratios;
}

Check check_of(const std::vector<double>& log_ratios, std::size_t groups) {
    const std::vector<double> analysed = grouped(log_ratios, std::min(groups, log_ratios.size()));
    const auto left = dependence(analysed);
    return {std::exp(hodges_lehmann(analysed)), signed_rank_p(analysed), log_ratios.size(),
            dependence(log_ratios), left && left->remarkable};
}

Comparison compare_together(const Pairs& pairs, const Together& together, std::uint64_t seed,
                            bool total_time) {
    const std::size_t count = together.groups;
    ArmBlocks upper(grouped(pairs.upper, count)), lower(grouped(pairs.lower, count));
    upper.draw_all();
    lower.draw_all();
    const auto least = static_cast<std::uint64_t>(std::min(upper.sums().ranked, lower.sums().ranked));
    if (count < 2 || least == 0) return {};
    const std::size_t ranks = ranks_for(least);
    const auto log_ratios = [&] {
        return log_figures(upper, ranks, total_time) - log_figures(lower, ranks, total_time);
    };
    const LogFigures estimate = log_ratios();
    ResampledRatio resampled;
    resample(count, seed, [&](std::span<const unsigned> times) {
        upper.draw(times);
        lower.draw(times);
        resampled.add(log_ratios());
    });
    return resampled.with_intervals(estimate, together);
}

Comparison compare(const Pairs& pairs, std::uint64_t seed, bool total_time) {
    const std::vector<LogFigures> each = log_ratios_of_each(pairs);
    const std::map<Quantity, std::vector<double>> series{{Quantity::mean, series_of(each, Quantity::mean)},
                                                         {Quantity::p50, series_of(each, Quantity::p50)}};
    const Together together =
        take_together(each.size(), {series.at(Quantity::mean), series.at(Quantity::p50)});
    Comparison comparison = compare_together(pairs, together, seed, total_time);
    for (const auto& [quantity, log_ratios] : series)
        if (const auto found = comparison.find(quantity); found != comparison.end() && !log_ratios.empty())
            found->second.check = check_of(log_ratios, together.groups);
    return comparison;
}

std::map<ArmKind, Quantity> most_hidden(const std::map<ArmKind, Comparison>& closed_by_open) {
    constexpr double k_alike = 0.8; // waking up after longer pauses costs the open loop some microseconds
    struct Figure {
        ArmKind arm;
        Quantity quantity;
        double ratio;
    };
    std::vector<Figure> figures;
    std::vector<double> p;
    for (const auto& [arm, comparison] : closed_by_open)
        for (const auto& [quantity, ratio] : comparison) {
            figures.push_back({arm, quantity, ratio.ratio});
            const Interval interval{std::log(ratio.ci_low), std::log(ratio.ci_high), ratio.blocks};
            p.push_back(p_of(std::log(ratio.ratio), interval, 0));
        }
    const std::vector<double> adjusted = holm_adjusted(p);
    std::map<ArmKind, Quantity> most;
    for (std::size_t i = 0; i < figures.size(); ++i) {
        const Figure& one = figures[i];
        const std::size_t blocks = closed_by_open.at(one.arm).at(one.quantity).blocks;
        if (one.ratio > k_alike || adjusted[i] > k_error_rate || blocks < k_least_blocks) continue;
        const auto [known, added] = most.emplace(one.arm, one.quantity);
        if (!added && one.ratio < closed_by_open.at(one.arm).at(known->second).ratio)
            known->second = one.quantity;
    }
    return most;
}

/// Of what was drawn last; absent where it would divide by nothing.
std::optional<double> value_of(const ArmBlocks& blocks, const ArmFigure& figure) {
    if (blocks.sums().good <= 0) return {};
    if (!figure.q) return figure.of_blocks(blocks.sums());
    double value = 0;
    blocks.quantiles(std::span(&*figure.q, 1), std::span(&value, 1));
    return value;
}

/// By the figure itself, of a quantile by the mean.
Together together_for(const std::vector<BlockFigures>& blocks, const ArmFigure& figure) {
    const ArmFigure& seen = figure.q ? arm_figure(Figure::mean) : figure;
    const bool fraction = seen.unit == ArmFigure::Unit::fraction;
    ArmBlocks each(blocks);
    std::vector<double> series;
    for (std::size_t i = 0; i < each.size(); ++i) {
        each.draw_only(i);
        const auto value = value_of(each, seen);
        if (value && fraction) series.push_back(*value);
        if (value && !fraction && *value > 0) series.push_back(std::log(*value));
    }
    return take_together(blocks.size(), {series});
}

} // namespace

bool Ratio::check_disagrees() const {
    constexpr std::size_t k_least_pairs = 6;
    constexpr double k_significant = 0.05;
    if (!check || blocks < k_least_pairs || !calls_difference()) return false;
    return check->signed_rank_p >= k_significant || (check->hodges_lehmann_ratio < 1) != (ratio < 1);
}

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

std::optional<double> quantile_of(Quantity quantity) {
    for (std::size_t k = 0; k < k_ranks.size(); ++k)
        if (k_rank_quantities.at(k) == quantity) return k_ranks.at(k);
    return {};
}

Comparison compare(const Result& result, std::optional<std::size_t> endpoint) {
    const bool whole = !endpoint || result.plan.endpoints.size() <= 1;
    return compare(pairs_of({result, ArmKind::cached}, {result, ArmKind::uncached}, endpoint),
                   result.plan.seed, whole);
}

std::optional<LoopComparison> compare_loops(const Result& result) {
    if (!result.closed_loop) return {};
    LoopComparison loops;
    if (!result.plan.single) loops.arms = compare(*result.closed_loop, {});
    for (const ArmKind arm : result.plan.arms())
        loops.closed_by_open[arm] =
            compare(pairs_of({*result.closed_loop, arm}, {result, arm}, {}), result.plan.seed, false);
    loops.most_hidden = most_hidden(loops.closed_by_open);
    std::erase_if(loops.most_hidden, [&](const auto& one) { return result.overloaded(one.first); });
    return loops;
}

std::size_t whole_pairs(const Result& result) {
    std::map<unsigned, std::size_t> blocks;
    for (const Block& block : result.blocks)
        ++blocks[block.pair];
    const std::size_t arms = result.plan.arms().size();
    return static_cast<std::size_t>(
        std::count_if(blocks.begin(), blocks.end(), [&](const auto& pair) { return pair.second == arms; }));
}

std::optional<double> noise_floor(const Result& result) {
    constexpr std::size_t k_least_pairs = 2;
    double greatest = 0; // |log ratio|
    for (const ArmKind arm : {ArmKind::cached, ArmKind::uncached}) {
        Pairs pairs;
        for (const Block& block : result.blocks) {
            if (block.arm != arm) continue;
            auto& side = pairs.upper.size() > pairs.lower.size() ? pairs.lower : pairs.upper;
            side.push_back(scope_of(block, {}));
        }
        pairs.upper.resize(pairs.lower.size());
        if (pairs.upper.size() < k_least_pairs) return {};
        const Comparison comparison = compare(pairs, result.plan.seed, false);
        const auto median = comparison.find(Quantity::p50);
        if (median == comparison.end()) return {};
        greatest = std::max({greatest, -std::log(median->second.ci_low), std::log(median->second.ci_high)});
    }
    return std::exp(greatest);
}

std::optional<Interval> interval_of(const Result& result, ArmKind arm, Figure which) {
    const ArmFigure& figure = arm_figure(which);
    std::vector<BlockFigures> figures;
    for (const Block& block : result.blocks)
        if (block.arm == arm) figures.push_back(scope_of(block, {}));
    const Together together = together_for(figures, figure);
    ArmBlocks blocks(grouped(figures, together.groups));
    blocks.draw_all();
    const auto estimate = value_of(blocks, figure);
    const BlockSums all = blocks.sums();
    if (!estimate || (figure.q && !enough_for_quantile(*figure.q, static_cast<std::uint64_t>(all.ranked))))
        return {};
    std::optional<Interval> wilson;
    if (which == Figure::hit_rate) wilson = wilson_interval(all.hits, all.answered);

    std::vector<double> resampled;
    resample(blocks.size(), result.plan.seed, [&](std::span<const unsigned> times) {
        blocks.draw(times);
        if (const auto value = value_of(blocks, figure)) resampled.push_back(*value);
    });
    auto interval = bootstrap_interval(*estimate, resampled, blocks.size());
    if (interval) interval = widened(*interval, *estimate, together.widening);
    if (!wilson)
        return interval
                   ? std::optional(Interval{std::max(0.0, interval->low), interval->high, interval->blocks})
                   : interval;
    if (!interval) return wilson;
    return Interval{std::max(0.0, std::min(interval->low, wilson->low)),
                    std::min(1.0, std::max(interval->high, wilson->high)), interval->blocks};
}

Interval wilson_interval(double successes, double of) {
    constexpr double k_z = 1.959963984540054;
    const double p = successes / of, z2 = k_z * k_z;
    const double centre = (p + z2 / (2 * of)) / (1 + z2 / of);
    const double half = k_z * std::sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of);
    return {std::max(0.0, centre - half), std::min(1.0, centre + half), 0};
}

} // namespace roacache::bench
