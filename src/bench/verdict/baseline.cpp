#include "src/bench/verdict/format.hpp"
#include "src/bench/verdict/verdict.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

namespace roacache::bench {
namespace {

/// What of the figure's change is judged: its ratio, new / old, and whose it is.
std::pair<const Ratio*, std::string> judged_ratio(const Baseline& baseline, const Change& change,
                                                  Quantity quantity, const std::string& of) {
    if (!baseline.conditions.empty())
        return {&change.cached_by_uncached.at(quantity),
                fmt::format("Beside the uncached arm's, the cached arm's {}{}", name_of(quantity), of)};
    const auto& [arm, comparison] = *change.judged();
    return {&comparison.at(quantity), fmt::format("The {} arm's {}{}", name_of(arm), name_of(quantity), of)};
}

/// `of` names the endpoint.
std::string regression_sentence(const Baseline& baseline, const Change& change, Quantity quantity,
                                const std::string& of) {
    const auto [ratio, whose] = judged_ratio(baseline, change, quantity, of);
    return fmt::format("{} is {} worse than in {} (95 % CI {}), more than the {} that are tolerated.", whose,
                       format_percent(ratio->ratio - 1), baseline.name,
                       format_percent_range(ratio->ci_low - 1, ratio->ci_high - 1),
                       format_percent(baseline.tolerance));
}

std::string possible_sentence(const Baseline& baseline, const Change& change, Quantity quantity,
                              const std::string& of) {
    const auto [ratio, whose] = judged_ratio(baseline, change, quantity, of);
    return fmt::format(
        "{} is {} worse than in {} (95 % CI {}): a regression of up to {} cannot be excluded, and "
        "{} are tolerated. Measure longer (-n, -z), or tolerate more (--tolerance).",
        whose, format_percent(ratio->ratio - 1), baseline.name,
        format_percent_range(ratio->ci_low - 1, ratio->ci_high - 1), format_percent(ratio->ci_high - 1),
        format_percent(baseline.tolerance));
}

using Sentence = std::string (*)(const Baseline&, const Change&, Quantity, const std::string&);

/// Of all endpoints pooled, then of each.
std::vector<std::string> sentences_of(const Baseline& baseline, const Result& now,
                                      std::vector<Quantity> Regressions::*which, Sentence sentence) {
    std::vector<std::string> reasons;
    for (const Quantity quantity : baseline.regressions.*which)
        reasons.push_back(sentence(baseline, baseline.change, quantity, ""));
    for (std::size_t i = 0; i < baseline.by_endpoint.size(); ++i)
        for (const Quantity quantity : baseline.regressions_by_endpoint[i].*which)
            reasons.push_back(sentence(baseline, baseline.by_endpoint[i], quantity,
                                       fmt::format(" of {}", now.endpoints[i].shown_name())));
    return reasons;
}

/// An arm that is judged, or that another is judged by, and answered nothing well.
std::vector<std::string> silent_arms(const Baseline& baseline, const Result& before, const Result& now) {
    std::vector<std::string> reasons;
    for (const ArmKind arm : {ArmKind::single, ArmKind::cached, ArmKind::uncached})
        for (const Result* result : {&before, &now})
            if (const auto arms = result->plan.arms();
                std::find(arms.begin(), arms.end(), arm) != arms.end() && result->pooled(arm).latency.empty())
                reasons.push_back(fmt::format("The run cannot be held against {}: {} the {} arm has no good "
                                              "response.",
                                              baseline.name, result == &before ? "there" : "in this run",
                                              name_of(arm)));
    return reasons;
}

/// Why it can be held against nothing.
std::vector<std::string> obstacles(const Baseline& baseline, const Result& before, const Result& now) {
    if (baseline.change.arms.empty())
        return {fmt::format("The run cannot be held against {}: one of them has fewer than {} whole pairs of "
                            "blocks.",
                            baseline.name, k_least_blocks)};
    if (now.plan.single && !baseline.conditions.empty())
        return {
            fmt::format("The run cannot be held against {}, which was measured under other conditions ({}): "
                        "with one arm there is nothing that would change alike.",
                        baseline.name, fmt::join(baseline.conditions, ", "))};
    return silent_arms(baseline, before, now);
}

} // namespace

void hold_against(Assessment& assessment, const Result& before, const Result& now, std::string name,
                  double tolerance, std::vector<std::string> conditions) {
    Baseline baseline{std::move(name), change_between(before, now), tolerance, std::move(conditions)};
    if (now.endpoints.size() > 1)
        for (std::size_t i = 0; i < now.endpoints.size(); ++i)
            baseline.by_endpoint.push_back(change_between(before, now, i));
    std::vector<const Change*> changes{&baseline.change};
    for (const Change& change : baseline.by_endpoint)
        changes.push_back(&change);
    baseline.regressions_by_endpoint = regressions(changes, tolerance, !baseline.conditions.empty());
    baseline.regressions = baseline.regressions_by_endpoint.front();
    baseline.regressions_by_endpoint.erase(baseline.regressions_by_endpoint.begin());

    std::vector<std::string> reasons = sentences_of(baseline, now, &Regressions::found, regression_sentence);
    if (!reasons.empty()) assessment.verdict = Verdict::fail;
    std::vector<std::string> doubts = obstacles(baseline, before, now);
    for (std::string& doubt : sentences_of(baseline, now, &Regressions::possible, possible_sentence))
        doubts.push_back(std::move(doubt));
    if (!doubts.empty() && assessment.verdict == Verdict::pass) assessment.verdict = Verdict::inconclusive;
    reasons.insert(reasons.end(), doubts.begin(), doubts.end());
    assessment.reasons.insert(assessment.reasons.begin(), reasons.begin(), reasons.end());
    assessment.baseline = std::move(baseline);
}

} // namespace roacache::bench
