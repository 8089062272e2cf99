#include "src/bench/verdict/measure_tier.hpp"

#include <fmt/core.h>

namespace roacache::bench {

Measurement measure_tier_latency(const Subject& subject, const Measured& measured) {
    const ArmKind arm = hitting_arm(measured.result);
    const Result of_tier = measured.result.of_tier(arm, subject.tier);
    const auto value = value_of(*subject.figure, of_tier.pooled(arm), 0);
    if (!value) return {};
    return {value, interval_of(of_tier, arm, subject.figure->figure)};
}

Measurement measure_tier_share(const Subject& subject, const Measured& measured) {
    const ArmKind arm = hitting_arm(measured.result);
    if (measured.result.pooled(arm).tiers.empty()) return {};
    const Result of_tier = measured.result.of_tier(arm, subject.tier);
    const Tally tally = of_tier.pooled(arm);
    if (tally.latency.empty()) return {0, wilson_interval(0, static_cast<double>(tally.answered()))};
    return {tally.hit_rate(), interval_of(of_tier, arm, Figure::hit_rate)};
}

std::string why_no_tier(const Subject& subject, const Result& result) {
    const ArmKind arm = hitting_arm(result);
    const Tally tally = result.pooled(arm);
    if (tally.tiers.contains(subject.tier)) return {};
    std::string seen;
    for (const auto& [name, latency] : tally.tiers)
        seen += (seen.empty() ? "" : ", ") + name;
    return fmt::format("no answer of the {} arm said that it is of {} (they said: {})", name_of(arm),
                       subject.tier, seen.empty() ? "nothing" : seen);
}

std::optional<Refusal> refuse_without_tiers(const Subject& /*subject*/, const Plan& plan) {
    if (plan.names_tiers()) return {};
    return Refusal{"nothing says of which tier an answer is",
                   "Give the place in the answers that does: --hit-json /metadata/source=L1,L2."};
}

} // namespace roacache::bench
