#include "src/bench/verdict/format.hpp"
#include "src/bench/verdict/verdict.hpp"

#include <fmt/core.h>

namespace roacache::bench {
namespace {

/// `of` names the endpoint.
std::string regression_sentence(const Baseline& baseline, const Change& change, Quantity quantity,
                                const std::string& of) {
    const auto& [arm, comparison] = *change.judged();
    const Ratio& ratio = comparison.at(quantity);
    return fmt::format("The {} arm's {}{} is {} worse than in {} (95 % CI {}), more than the {} that are "
                       "tolerated.",
                       name_of(arm), name_of(quantity), of, format_percent(ratio.ratio - 1), baseline.name,
                       format_percent_range(ratio.ci_low - 1, ratio.ci_high - 1),
                       format_percent(baseline.tolerance));
}

} // namespace

void hold_against(Assessment& assessment, const Result& before, const Result& now, std::string name,
                  double tolerance) {
    Baseline baseline{std::move(name), change_between(before, now), tolerance, {}, {}, {}};
    if (now.endpoints.size() > 1)
        for (std::size_t i = 0; i < now.endpoints.size(); ++i)
            baseline.by_endpoint.push_back(change_between(before, now, i));
    std::vector<const Change*> changes{&baseline.change};
    for (const Change& change : baseline.by_endpoint)
        changes.push_back(&change);
    baseline.regressions_by_endpoint = regressions(changes, tolerance);
    baseline.regressions = baseline.regressions_by_endpoint.front();
    baseline.regressions_by_endpoint.erase(baseline.regressions_by_endpoint.begin());

    std::vector<std::string> reasons;
    for (const Quantity quantity : baseline.regressions)
        reasons.push_back(regression_sentence(baseline, baseline.change, quantity, ""));
    for (std::size_t i = 0; i < baseline.by_endpoint.size(); ++i)
        for (const Quantity quantity : baseline.regressions_by_endpoint[i])
            reasons.push_back(regression_sentence(baseline, baseline.by_endpoint[i], quantity,
                                                  fmt::format(" of {}", now.endpoints[i].shown_name())));
    if (!reasons.empty()) assessment.verdict = Verdict::fail;
    if (baseline.change.arms.empty()) {
        reasons.push_back(
            fmt::format("The run cannot be held against {}: one of them has fewer than {} whole "
                        "pairs of blocks.",
                        baseline.name, k_least_blocks));
        if (assessment.verdict == Verdict::pass) assessment.verdict = Verdict::inconclusive;
    }
    assessment.reasons.insert(assessment.reasons.begin(), reasons.begin(), reasons.end());
    assessment.baseline = std::move(baseline);
}

} // namespace roacache::bench
