#include "src/bench/miss_cost.hpp"

#include "src/bench/log_figures.hpp"

#include <map>
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

/// The blocks of whole pairs, by arm.
class Arms {
  public:
    explicit Arms(const Result& result) : forced_(*result.plan.forced) {
        std::map<unsigned, std::map<ArmKind, const Block*>> by_pair;
        for (const Block& block : result.blocks)
            by_pair[block.pair][block.arm] = &block;
        std::map<ArmKind, std::vector<BlockFigures>> figures;
        for (const auto& [pair, blocks] : by_pair) {
            if (blocks.size() != result.plan.arms().size()) continue; // interrupted
            ++pairs_;
            for (const auto& [arm, block] : blocks)
                figures[arm].push_back(scope_of(*block, {}));
        }
        together_ = together_by_arms(figures, pairs_);
        for (auto& [arm, blocks] : figures)
            arms_.emplace(arm, ArmBlocks(grouped(blocks, together_.groups)));
    }

    std::size_t pairs() const { return pairs_; }
    const Together& together() const { return together_; }
    void draw(std::span<const unsigned> times) {
        for (auto& [arm, blocks] : arms_)
            blocks.draw(times);
    }
    /// Nothing when an arm has no good response among what was drawn.
    std::optional<Means> means() const {
        for (const auto& [arm, blocks] : arms_)
            if (blocks.good() <= 0) return {};
        return Means{mean(ArmKind::cached), mean(ArmKind::uncached), mean(forced_)};
    }

  private:
    double mean(ArmKind arm) const { return arms_.at(arm).sum_ns() / arms_.at(arm).good(); }

    ArmKind forced_;
    std::map<ArmKind, ArmBlocks> arms_;
    std::size_t pairs_ = 0;
    Together together_;
};

std::optional<Estimate> estimate(double value, std::vector<double>& resampled, const Together& together) {
    const auto plain = bootstrap_interval(value, resampled, together.groups);
    if (!plain) return {};
    const Interval interval = stretched(*plain, value, together.stretch);
    return Estimate{value, interval.low, interval.high};
}

} // namespace

std::optional<MissCost> miss_cost(const Result& result) {
    if (!result.plan.forced) return {};
    Arms arms(result);
    if (arms.pairs() < 2) return {};
    arms.draw(std::vector<unsigned>(arms.together().groups, 1));
    const auto means = arms.means();
    if (!means) return {};
    const auto hit_rate = result.store ? result.store->hit_rate_before : std::nullopt;
    std::vector<double> overheads, break_evens, expectations;
    resample(arms.together().groups, result.plan.seed, [&](std::span<const unsigned> times) {
        arms.draw(times);
        const auto drawn = arms.means();
        if (!drawn) return;
        overheads.push_back(drawn->overhead());
        if (drawn->miss > drawn->hit) break_evens.push_back(drawn->break_even());
        if (hit_rate) expectations.push_back(drawn->expected(*hit_rate));
    });
    MissCost cost;
    if (result.plan.forced == ArmKind::miss) {
        cost.overhead_ns = estimate(means->overhead(), overheads, arms.together());
        if (means->miss > means->hit)
            cost.break_even = estimate(means->break_even(), break_evens, arms.together());
    }
    if (hit_rate) cost.expected_ns = estimate(means->expected(*hit_rate), expectations, arms.together());
    return cost;
}

} // namespace roacache::bench
