#include "src/bench/verdict/measure_origin.hpp"

#include "src/bench/stats/origin_queries.hpp"

namespace roacache::bench {

Measurement measure_origin_reduction(const Subject& /*subject*/, const Measured& measured) {
    const auto reduction = origin_reduction(measured.result);
    if (!reduction) return {};
    return {reduction->value, reduction->interval};
}

Measurement measure_origin_queries(const Subject& subject, const Measured& measured) {
    const auto rates = origin_rates(measured.result);
    const auto rate = rates.find(*subject.arm);
    if (rate == rates.end()) return {};
    return {rate->second.per_request(), rate->second.interval};
}

std::string why_no_origin(const Subject& /*subject*/, const Result& result) {
    return why_no_origin_figures(result);
}

std::optional<Refusal> refuse_without_origin(const Subject& /*subject*/, const Plan& plan) {
    if (!plan.origin_counter.empty()) return {};
    return Refusal{"nothing counts what the origin is asked",
                   "Give --origin-counter, a command that prints the number of its queries, or a URL."};
}

} // namespace roacache::bench
