#include "src/bench/stats/origin_queries.hpp"

#include "src/bench/stats/longer_blocks.hpp"
#include "src/bench/stats/statistics.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <span>
#include <vector>

namespace roacache::bench {
namespace {

/// Of some blocks.
struct Asked {
    double queries = 0, requests = 0;

    void add(const Asked& more, double times = 1) {
        queries += times * more.queries;
        requests += times * more.requests;
    }
    double per_request() const { return queries / requests; }
};

std::uint64_t sent_in(const Block& block) {
    std::uint64_t sent = 0;
    for (const Tally& tally : block.endpoints)
        sent += tally.requests + tally.fillers;
    return sent;
}

/// Absent where the block was not counted.
std::optional<Asked> asked_in(const Block& block) {
    const std::uint64_t sent = sent_in(block);
    if (!block.origin_queries || sent == 0) return {};
    return Asked{static_cast<double>(*block.origin_queries), static_cast<double>(sent)};
}

std::vector<double> series_of(const std::vector<Asked>& blocks) {
    std::vector<double> series;
    series.reserve(blocks.size());
    for (const Asked& block : blocks)
        series.push_back(block.per_request());
    return series;
}

/// As grouped() of values, for sums.
std::vector<Asked> in_groups(const std::vector<Asked>& blocks, std::size_t groups) {
    std::vector<Asked> all(groups);
    for (std::size_t i = 0; i < blocks.size(); ++i)
        all[i * groups / blocks.size()].add(blocks[i]);
    return all;
}

Asked drawn(const std::vector<Asked>& blocks, std::span<const unsigned> times) {
    Asked sum;
    for (std::size_t i = 0; i < blocks.size(); ++i)
        sum.add(blocks[i], times[i]);
    return sum;
}

Asked sum_of(const std::vector<Asked>& blocks) {
    Asked sum;
    for (const Asked& block : blocks)
        sum.add(block);
    return sum;
}

Interval wider(const Interval& one, const Interval& other) {
    return {std::min(one.low, other.low), std::max(one.high, other.high), std::max(one.blocks, other.blocks)};
}

/// The score interval of the mean of a Poisson count, for each request.
Interval poisson_interval(const Asked& asked) {
    const double centre = asked.queries + k_z_975 * k_z_975 / 2;
    const double half = k_z_975 * std::sqrt(asked.queries + k_z_975 * k_z_975 / 4);
    return {std::max(0.0, centre - half) / asked.requests, (centre + half) / asked.requests, 0};
}

std::optional<Interval> interval_of_rate(const std::vector<Asked>& blocks, std::uint64_t seed) {
    const Together together = take_together(blocks.size(), {series_of(blocks)});
    const std::vector<Asked> groups = in_groups(blocks, together.groups);
    const Asked all = sum_of(blocks);
    std::vector<double> resampled;
    resample(groups.size(), seed, [&](std::span<const unsigned> times) {
        resampled.push_back(drawn(groups, times).per_request());
    });
    auto interval = bootstrap_interval(all.per_request(), resampled, groups.size());
    if (!interval) return {};
    interval = widened(*interval, all.per_request(), together.widening);
    interval->low = std::max(0.0, interval->low);
    return wider(*interval, poisson_interval(all));
}

/// The cached arm's rate over the other's.
Interval interval_of_ratio(const Asked& cached, const Asked& uncached) {
    const double together = std::max(1.0, uncached.per_request()); // that one request takes
    const double of_cached = cached.queries / together, of_uncached = uncached.queries / together;
    const Interval share = wilson_interval(of_cached, of_cached + of_uncached);
    const double each = uncached.requests / cached.requests;
    const auto ratio = [&](double part) { return part < 1 ? part / (1 - part) * each : HUGE_VAL; };
    return {ratio(share.low), ratio(share.high), 0};
}

/// Blocks of one pair, both of which were counted; same place, same pair.
struct CountedPairs {
    std::vector<Asked> cached, uncached;
};

CountedPairs counted_pairs(const Result& result) {
    std::map<unsigned, std::map<ArmKind, Asked>> by_pair;
    for (const Block& block : result.blocks)
        if (const auto asked = asked_in(block)) by_pair[block.pair][block.arm] = *asked;
    CountedPairs pairs;
    for (const auto& [number, arms] : by_pair) {
        const auto cached = arms.find(ArmKind::cached), uncached = arms.find(ArmKind::uncached);
        if (cached == arms.end() || uncached == arms.end()) continue;
        pairs.cached.push_back(cached->second);
        pairs.uncached.push_back(uncached->second);
    }
    return pairs;
}

} // namespace

std::string why_no_origin_figures(const Result& result) {
    constexpr std::uint64_t k_tolerable = 20; // one query in so many
    if (!result.origin) return {};
    if (!result.origin->failure.empty()) return result.origin->failure;
    const ArmKind reaching = result.plan.drill    ? ArmKind::down
                             : result.plan.single ? ArmKind::single
                                                  : ArmKind::uncached;
    std::uint64_t all = 0, of_reaching = 0, sent = 0;
    for (const Block& block : result.blocks) {
        if (!block.origin_queries) continue;
        all += *block.origin_queries;
        if (block.arm != reaching) continue;
        of_reaching += *block.origin_queries;
        sent += sent_in(block);
    }
    if (sent == 0) return fmt::format("no block of the {} arm was counted", name_of(reaching));
    if (of_reaching == 0)
        return fmt::format("the origin's counter did not move while {} requests of the {} arm were answered, "
                           "so it counts something else, or tells it late",
                           core::format_count(sent), name_of(reaching));
    if (result.origin->between * k_tolerable > all)
        return fmt::format(
            "the origin's counter moved by {} between the blocks, when nothing was asked ({} in "
            "the blocks): others use the origin, or it tells late, so whose queries it counted "
            "is not known",
            core::format_count(result.origin->between), core::format_count(all));
    return {};
}

std::map<ArmKind, OriginRate> origin_rates(const Result& result) {
    std::map<ArmKind, OriginRate> rates;
    if (!result.origin || !why_no_origin_figures(result).empty()) return rates;
    std::map<ArmKind, std::vector<Asked>> blocks;
    for (const Block& block : result.blocks) {
        const auto asked = asked_in(block);
        if (!asked) continue;
        blocks[block.arm].push_back(*asked);
        rates[block.arm].queries += *block.origin_queries;
        rates[block.arm].requests += sent_in(block);
    }
    for (auto& [arm, rate] : rates)
        rate.interval = interval_of_rate(blocks[arm], result.plan.seed);
    return rates;
}

std::optional<OriginReduction> origin_reduction(const Result& result) {
    if (result.plan.single || !result.origin || !why_no_origin_figures(result).empty()) return {};
    const CountedPairs pairs = counted_pairs(result);
    const Asked cached = sum_of(pairs.cached), uncached = sum_of(pairs.uncached);
    if (uncached.queries <= 0 || cached.requests <= 0) return {};
    const double ratio = cached.per_request() / uncached.per_request();
    OriginReduction reduction{1 - ratio};
    const Together together =
        take_together(pairs.cached.size(), {series_of(pairs.cached), series_of(pairs.uncached)});
    const auto upper = in_groups(pairs.cached, together.groups);
    const auto lower = in_groups(pairs.uncached, together.groups);
    std::vector<double> resampled;
    resample(together.groups, result.plan.seed, [&](std::span<const unsigned> times) {
        const Asked of_cached = drawn(upper, times), of_uncached = drawn(lower, times);
        if (of_uncached.queries > 0) resampled.push_back(of_cached.per_request() / of_uncached.per_request());
    });
    auto interval = bootstrap_interval(ratio, resampled, together.groups);
    if (!interval) return reduction;
    interval = wider(widened(*interval, ratio, together.widening), interval_of_ratio(cached, uncached));
    reduction.interval = Interval{1 - interval->high, 1 - std::max(0.0, interval->low), interval->blocks};
    return reduction;
}

std::optional<double> origin_reduction_alone(const Result& result) {
    const auto rates = origin_rates(result);
    const auto uncached = rates.find(ArmKind::uncached);
    if (uncached == rates.end() || uncached->second.queries == 0 || !result.alone) return {};
    Asked alone;
    for (const Block& block : result.alone->blocks)
        if (const auto asked = asked_in(block)) alone.add(*asked);
    if (alone.requests <= 0) return {};
    return 1 - alone.per_request() / uncached->second.per_request();
}

} // namespace roacache::bench
