#include "src/bench/verdict/change.hpp"

#include "src/bench/stats/holm.hpp"
#include "src/bench/stats/paired_arms.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace roacache::bench {
namespace {

constexpr std::array k_judged{Quantity::mean, Quantity::p50, Quantity::p90, Quantity::p99};

using ByArm = std::map<ArmKind, LogFigures>;

ByArm figures_of(const PairedArms& arms, std::size_t ranks, bool total_time) {
    ByArm figures;
    for (const auto& [arm, blocks] : arms.blocks)
        figures[arm] = log_figures(blocks, ranks, total_time);
    return figures;
}

std::vector<ByArm> resampled(PairedArms& arms, std::uint64_t seed, std::size_t ranks, bool total_time) {
    std::vector<ByArm> all;
    resample(arms.together.groups, seed, [&](std::span<const unsigned> times) {
        arms.draw(times);
        all.push_back(figures_of(arms, ranks, total_time));
    });
    return all;
}

ByArm operator-(const ByArm& now, const ByArm& before) {
    ByArm difference;
    for (const auto& [arm, figures] : now)
        if (const auto old = before.find(arm); old != before.end()) difference[arm] = figures - old->second;
    return difference;
}

/// What the cached arm changed beyond the uncached one.
LogFigures beyond(const ByArm& change) {
    const auto cached = change.find(ArmKind::cached), uncached = change.find(ArmKind::uncached);
    if (cached == change.end() || uncached == change.end()) return {};
    return cached->second - uncached->second;
}

/// Of the hypothesis that the figure is worse by no more than the tolerance; absent where it was not
/// compared. At most k_error_rate just where the whole interval lies beyond.
std::optional<double> p_of_worse(const Comparison& comparison, Quantity quantity, double tolerance) {
    const auto found = comparison.find(quantity);
    if (found == comparison.end()) return {};
    const Ratio& ratio = found->second;
    const double allowed = std::log1p(tolerance);
    if (std::log(ratio.ratio) <= allowed) return 1;
    return p_of(std::log(ratio.ratio), {std::log(ratio.ci_low), std::log(ratio.ci_high), ratio.blocks},
                allowed);
}

/// Both have to be worse, the cached arm and what it is relative to the uncached one: the greater of the two
/// p (an intersection-union test, Berger 1982).
std::optional<double> p_of_regression(const Change& change, Quantity quantity, double tolerance,
                                      bool relative_only) {
    if (relative_only) return p_of_worse(change.cached_by_uncached, quantity, tolerance);
    const auto* const judged = change.judged();
    if (judged == nullptr) return {};
    const auto own = p_of_worse(judged->second, quantity, tolerance);
    if (judged->first == ArmKind::single || !own) return own;
    const auto relative = p_of_worse(change.cached_by_uncached, quantity, tolerance);
    return relative ? std::optional(std::max(*own, *relative)) : std::nullopt;
}

} // namespace

Change change_between(const Result& before, const Result& now, std::optional<std::size_t> endpoint) {
    PairedArms old_arms(before, endpoint), new_arms(now, endpoint);
    if (std::min(old_arms.pairs, new_arms.pairs) < k_least_blocks) return {};
    old_arms.draw_all();
    new_arms.draw_all();
    double least = std::numeric_limits<double>::max();
    for (const PairedArms* arms : {&old_arms, &new_arms})
        for (const auto& [arm, blocks] : arms->blocks)
            least = std::min(least, blocks.sums().ranked);
    const std::size_t ranks = ranks_for(static_cast<std::uint64_t>(least));
    const bool total_time = !endpoint || now.plan.endpoints.size() <= 1;
    const ByArm estimate = figures_of(new_arms, ranks, total_time) - figures_of(old_arms, ranks, total_time);

    const auto old_draws = resampled(old_arms, before.plan.seed, ranks, total_time);
    const auto new_draws = resampled(new_arms, now.plan.seed + 1, ranks, total_time);
    std::map<ArmKind, ResampledRatio> by_arm;
    ResampledRatio relative;
    for (std::size_t i = 0; i < old_draws.size(); ++i) {
        const ByArm drawn = new_draws[i] - old_draws[i];
        for (const auto& [arm, ratios] : drawn)
            by_arm[arm].add(ratios);
        relative.add(beyond(drawn));
    }

    const Together blocks{std::min(old_arms.together.groups, new_arms.together.groups),
                          std::max(old_arms.together.widening, new_arms.together.widening)};
    Change change;
    for (const auto& [arm, ratios] : estimate)
        change.arms[arm] = by_arm[arm].with_intervals(ratios, blocks);
    change.cached_by_uncached = relative.with_intervals(beyond(estimate), blocks);
    return change;
}

bool is_judged(Quantity quantity) {
    return std::find(k_judged.begin(), k_judged.end(), quantity) != k_judged.end();
}

const std::pair<const ArmKind, Comparison>* Change::judged() const {
    for (const ArmKind arm : {ArmKind::single, ArmKind::cached})
        if (const auto found = arms.find(arm); found != arms.end()) return &*found;
    return nullptr;
}

std::vector<Regressions> regressions(const std::vector<const Change*>& changes, double tolerance,
                                     bool relative_only) {
    struct Suspect {
        std::size_t change;
        Quantity quantity;
    };
    std::vector<Suspect> suspects;
    std::vector<double> p;
    for (std::size_t i = 0; i < changes.size(); ++i)
        for (const Quantity quantity : k_judged)
            if (const auto found = p_of_regression(*changes[i], quantity, tolerance, relative_only)) {
                suspects.push_back({i, quantity});
                p.push_back(*found);
            }
    const std::vector<double> adjusted = holm_adjusted(p);
    std::vector<Regressions> all(changes.size());
    for (std::size_t i = 0; i < suspects.size(); ++i) {
        Regressions& its = all[suspects[i].change];
        if (adjusted[i] <= k_error_rate)
            its.found.push_back(suspects[i].quantity);
        else if (p[i] < 1) // of what lies within the tolerance it is 1
            its.possible.push_back(suspects[i].quantity);
    }
    return all;
}

} // namespace roacache::bench
