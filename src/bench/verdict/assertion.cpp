#include "src/bench/verdict/metrics.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace roacache::bench {
namespace {

using core::Error;
using core::ExitCode;

[[noreturn]] void unanswerable(const Assert& assertion, const std::string& why, const std::string& remedy) {
    throw Error{ExitCode::usage,
                fmt::format("assert cannot be answered: {}: {}", core::shown_expression(assertion.expr), why),
                remedy};
}

void check_arms(const Assert& assertion, const Subject& subject, const Plan& plan) {
    const std::vector<ArmKind> arms = plan.arms();
    const bool absent = subject.arm && std::find(arms.begin(), arms.end(), *subject.arm) == arms.end();
    if (plan.drill && (subject.metric->needs_both_arms || absent))
        unanswerable(assertion, "the run has the phases up, down and back, and compares nothing",
                     "Ask for up.errors, down.mean, back.hit_rate and so on.");
    if (plan.single && (subject.metric->needs_both_arms || absent))
        unanswerable(assertion, "the run has one arm only, which is named single",
                     "Leave --single out, or ask for single.mean, single.p99 and so on.");
    if (absent && subject.arm != ArmKind::miss && subject.arm != ArmKind::uncached &&
        subject.arm != ArmKind::cached)
        unanswerable(assertion, "the run has the arms cached and uncached",
                     subject.arm == ArmKind::single ? "Ask for cached.… or uncached.…, or give --single."
                                                    : "Ask for cached.… or uncached.…, or give --drill.");
    if (subject.arm == ArmKind::miss && plan.forced != ArmKind::miss)
        unanswerable(assertion, "the run has no arm of forced misses",
                     "Say how the cache is gone past, and --uncached-by invalidate beside it.");
    if (subject.metric->refusal == nullptr) return;
    if (const auto refusal = subject.metric->refusal(subject, plan))
        unanswerable(assertion, refusal->why, refusal->remedy);
}

void check_size(const Assert& assertion, const Subject& subject, const Plan& plan) {
    if (!subject.needs_blocks()) return;
    if (plan.blocks < k_least_blocks)
        unanswerable(assertion,
                     fmt::format("fewer than {} blocks have no interval to judge by", k_least_blocks),
                     "Measure in more blocks: --blocks 30.");
    const auto requests = plan.most_requests();
    if (!requests) return;
    if (*requests < k_least_blocks)
        unanswerable(assertion, fmt::format("fewer than {0} requests make no {0} blocks", k_least_blocks),
                     "Make more requests: -n 1000.");
    const std::uint64_t endpoints = std::max<std::uint64_t>(plan.round_size(), 1);
    const auto q = subject.quantile();
    if (!q || enough_for_quantile(*q, *requests * endpoints)) return;
    const std::uint64_t needed = needed_for_quantile(*q), each = (needed + endpoints - 1) / endpoints;
    unanswerable(assertion,
                 fmt::format("that quantile needs {} requests an arm, {} are planned",
                             core::format_count(needed), core::format_count(*requests * endpoints)),
                 plan.duration ? std::string("Measure for longer.")
                               : fmt::format("Make as many: -n {}.", each));
}

} // namespace

Assert parse_assert(std::string_view expr) {
    const auto kind_of = [](std::string_view quantity) -> std::optional<core::QuantityKind> {
        const Subject* const subject = find_subject(quantity);
        if (subject == nullptr) return {};
        const Metric& metric = *subject->metric;
        return core::QuantityKind{subject->unit(), subject->counted(), metric.least, metric.greatest,
                                  metric.factor};
    };
    return core::parse_requirement(expr, "assert", kind_of,
                                   fmt::format("Quantities: {}.", fmt::join(quantities_help(), ", ")));
}

void check_answerable(const Assert& assertion, const Plan& plan) {
    const Subject* const subject = find_subject(assertion.quantity);
    if (subject == nullptr) unanswerable(assertion, "there is no such quantity", "");
    check_arms(assertion, *subject, plan);
    check_size(assertion, *subject, plan);
}

} // namespace roacache::bench
