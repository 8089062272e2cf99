#include "src/bench/stats/miss_cost.hpp"

#include "src/bench/stats/paired_arms.hpp"

#include <span>
#include <vector>

namespace roacache::bench {
namespace {

struct Means {
    double hit = 0, bypass = 0, miss = 0; // nanoseconds

    double overhead() const { return miss - bypass; }
    double break_even() const { return overhead() / (miss - hit); }
    double expected(double hit_rate) const { return hit_rate * hit + (1 - hit_rate) * miss; }
};

/// Of what was drawn last; nothing when an arm has no good response in it.
std::optional<Means> means_of(const PairedArms& arms, ArmKind forced) {
    for (const auto& [arm, blocks] : arms.blocks)
        if (blocks.sums().good <= 0) return {};
    const auto mean = [&](ArmKind arm) {
        const BlockSums& sums = arms.blocks.at(arm).sums();
        return sums.sum_ns / sums.good;
    };
    return Means{mean(ArmKind::cached), mean(ArmKind::uncached), mean(forced)};
}

std::optional<Estimate> estimate(double value, std::vector<double>& resampled, const Together& together) {
    const auto plain = bootstrap_interval(value, resampled, together.groups);
    if (!plain) return {};
    const Interval interval = widened(*plain, value, together.widening);
    return Estimate{value, interval.low, interval.high};
}

} // namespace

std::optional<MissCost> miss_cost(const Result& result) {
    if (!result.plan.forced) return {};
    PairedArms arms(result, {});
    if (arms.pairs < 2) return {};
    arms.draw_all();
    const auto means = means_of(arms, *result.plan.forced);
    if (!means) return {};
    const auto hit_rate = result.store ? result.store->hit_rate_before : std::nullopt;
    std::vector<double> overheads, break_evens, expectations;
    resample(arms.together.groups, result.plan.seed, [&](std::span<const unsigned> times) {
        arms.draw(times);
        const auto drawn = means_of(arms, *result.plan.forced);
        if (!drawn) return;
        overheads.push_back(drawn->overhead());
        if (drawn->miss > drawn->hit) break_evens.push_back(drawn->break_even());
        if (hit_rate) expectations.push_back(drawn->expected(*hit_rate));
    });
    MissCost cost;
    if (result.plan.forced == ArmKind::miss) {
        cost.overhead_ns = estimate(means->overhead(), overheads, arms.together);
        if (means->miss > means->hit)
            cost.break_even = estimate(means->break_even(), break_evens, arms.together);
    }
    if (hit_rate) cost.expected_ns = estimate(means->expected(*hit_rate), expectations, arms.together);
    return cost;
}

} // namespace roacache::bench
