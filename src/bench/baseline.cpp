#include "src/bench/format.hpp"
#include "src/bench/verdict.hpp"

#include <fmt/core.h>

namespace roacache::bench {

void hold_against(Assessment& assessment, const Result& before, const Result& now, std::string name,
                  double tolerance) {
    const ArmKind arm = now.plan.single ? ArmKind::single : ArmKind::cached;
    Baseline baseline{std::move(name), change_between(before, now), tolerance, {}};
    baseline.regressions = regressions(baseline.change, tolerance);
    std::vector<std::string> reasons;
    for (const Quantity quantity : baseline.regressions) {
        const Ratio& ratio = baseline.change.arms.at(arm).at(quantity);
        reasons.push_back(fmt::format(
            "The {} arm's {} is {} worse than in {} (95 % CI {}), more than the {} "
            "that are tolerated.",
            name_of(arm), name_of(quantity), format_percent(ratio.ratio - 1), baseline.name,
            format_percent_range(ratio.ci_low - 1, ratio.ci_high - 1), format_percent(tolerance)));
    }
    if (!reasons.empty()) assessment.verdict = Verdict::fail;
    if (baseline.change.arms.empty()) {
        reasons.push_back(
            fmt::format("The run cannot be held against {}: one of them has fewer than two whole "
                        "pairs of blocks.",
                        baseline.name));
        if (assessment.verdict == Verdict::pass) assessment.verdict = Verdict::inconclusive;
    }
    assessment.reasons.insert(assessment.reasons.begin(), reasons.begin(), reasons.end());
    assessment.baseline = std::move(baseline);
}

} // namespace roacache::bench
