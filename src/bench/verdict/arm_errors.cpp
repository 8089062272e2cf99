// The reasons of arm_reasons.hpp that lie in requests that failed.

#include "src/bench/verdict/arm_reasons.hpp"
#include "src/bench/verdict/sentences.hpp"
#include "src/bench/verdict/some_endpoints.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::bench {
namespace {

using core::format_count;

/// Whether the run's own asserts, or those of the endpoint, say what the arm's errors may be.
bool asserts_errors(const std::vector<AssertResult>& answers, ArmKind arm,
                    std::optional<std::size_t> endpoint) {
    const std::string of_arm = fmt::format("{}.errors", name_of(arm));
    return std::any_of(answers.begin(), answers.end(), [&](const AssertResult& answer) {
        const std::string& quantity = answer.assertion.quantity;
        return answer.endpoint == endpoint &&
               (quantity == "errors" || quantity == "error_rate" || quantity == of_arm);
    });
}

/// Whether the asserts on the cached arm's errors, the run's own or those of the endpoint, hold of the
/// failures in the tally, as they do where nothing failed; nothing where there are none.
std::optional<bool> hold_errors(const std::vector<AssertResult>& answers, std::optional<std::size_t> endpoint,
                                const Tally& tally) {
    const auto [count, of] = failed_of(tally);
    const auto errors = static_cast<double>(count);
    const double rate = of == 0 ? 0 : errors / static_cast<double>(of);
    std::optional<bool> hold;
    for (const AssertResult& answer : answers)
        if (asserts_errors({answer}, ArmKind::cached, endpoint)) {
            const Assert& assertion = answer.assertion;
            const bool holds = assertion.holds(assertion.quantity == "error_rate" ? rate : errors);
            hold = hold.value_or(true) && (count == 0 || holds);
        }
    return hold;
}

/// Of what the cached arm did on its own after the blocks, which is in no figure but the hit rate: held
/// against the asserts on errors, where there are any, and judged as its blocks are where there are none.
void add_errors_alone(Reasons& reasons, const Result& result, const std::vector<AssertResult>& answers) {
    if (!result.alone) return;
    const Result& alone = *result.alone;
    const auto own = [&](std::size_t i) {
        return hold_errors(answers, i, alone.endpoints[i].of(ArmKind::cached));
    };
    const auto whole = hold_errors(answers, {}, alone.pooled(ArmKind::cached));
    const auto broken = endpoints_where(
        alone, [&](std::size_t i) { return whole == std::optional(false) || !own(i).value_or(true); });
    const auto part = broken || whole
                          ? broken
                          : endpoints_with_too_many(alone, ArmKind::cached, failed_of,
                                                    [&](std::size_t i) { return own(i).has_value(); });
    if (!part) return;
    const auto [errors, requests] = failed_of(part->result().pooled(ArmKind::cached));
    reasons.push_back(
        fmt::format("{} of the {} requests of the cached arm{} on its own, after the blocks, failed: {}.",
                    format_count(errors), format_count(requests), part->of(),
                    errors_text(part->result(), ArmKind::cached)));
}

} // namespace

void add_errors(Reasons& reasons, const Result& result, const std::vector<AssertResult>& answers) {
    for (const ArmKind arm : result.plan.arms()) {
        if (asserts_errors(answers, arm, {})) continue;
        const auto part = endpoints_with_too_many(
            result, arm, failed_of, [&](std::size_t i) { return asserts_errors(answers, arm, i); });
        if (!part) continue;
        const auto [errors, requests] = failed_of(part->result().pooled(arm));
        reasons.push_back(fmt::format("{} of the {} requests of the {} arm{} failed: {}.",
                                      format_count(errors), format_count(requests), name_of(arm), part->of(),
                                      errors_text(part->result(), arm)));
    }
    add_errors_alone(reasons, result, answers);
}

} // namespace roacache::bench
