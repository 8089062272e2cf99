#include "src/bench/verdict/metrics.hpp"

#include "src/bench/stats/origin_queries.hpp"
#include "src/bench/verdict/format.hpp"
#include "src/bench/verdict/measure_origin.hpp"
#include "src/bench/verdict/measure_tier.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace roacache::bench {
namespace {

using Scope = Metric::Scope;
using Basis = Metric::Basis;
using Unit = Assert::Unit;

constexpr double k_no_limit = std::numeric_limits<double>::infinity();

Measurement of_count(std::uint64_t count) {
    return {static_cast<double>(count), {}};
}

// ---- cached against uncached

Measurement measure_ratio(const Subject& subject, const Measured& measured) {
    const auto found = measured.comparison.find(subject.compared);
    if (found == measured.comparison.end()) return {};
    const Ratio& ratio = found->second;
    return {ratio.ratio, Interval{ratio.ci_low, ratio.ci_high, ratio.blocks}};
}

Measurement measure_reduction(const Subject& subject, const Measured& measured) {
    const Measurement ratio = measure_ratio(subject, measured);
    if (!ratio.value) return {};
    return {1 - *ratio.value,
            Interval{1 - ratio.interval->high, 1 - ratio.interval->low, ratio.interval->blocks}};
}

double scale_of_reduction(double reduction) {
    return std::log(1 - reduction);
}

std::optional<Refusal> refuse_compared(const Subject& subject, const Plan& plan) {
    if (subject.compared != Quantity::total_time || !plan.rate) return {};
    return Refusal{"at a rate the schedule settles how long both arms take",
                   "Ask for the mean or a quantile."};
}

// ---- of the run

Measurement measure_hit_rate(const Subject& /*subject*/, const Measured& measured) {
    return hit_rate_of(measured);
}

/// The scale of what may be 0.
double evenly(double value) {
    return value;
}

std::optional<Refusal> refuse_hit_rate(const Subject& /*subject*/, const Plan& plan) {
    if (plan.proves_hits() || (plan.counts_in_store && !plan.rate)) return {};
    return Refusal{"nothing proves hits in this run",
                   "Give --hit-header, such as 'X-Cache: HIT', or the store's URL with -u."};
}

std::uint64_t all_errors(const Measured& measured) {
    std::uint64_t errors = 0;
    for (const auto& [arm, tally] : measured.arms)
        errors += total(tally.errors);
    return errors;
}

Measurement measure_errors(const Subject& /*subject*/, const Measured& measured) {
    return of_count(all_errors(measured));
}

Measurement measure_error_rate(const Subject& /*subject*/, const Measured& measured) {
    std::uint64_t requests = 0;
    for (const auto& [arm, tally] : measured.arms)
        requests += tally.requests;
    if (requests == 0) return {};
    return {static_cast<double>(all_errors(measured)) / static_cast<double>(requests), {}};
}

Measurement measure_mismatches(const Subject& /*subject*/, const Measured& measured) {
    const EqualitySum sum = equality_sum(measured.result);
    return sum.compared == 0 ? Measurement{} : of_count(sum.mismatched);
}

std::optional<Refusal> refuse_mismatches(const Subject& /*subject*/, const Plan& plan) {
    if (plan.compare) return {};
    return Refusal{"bodies are not compared in this run", ""};
}

Measurement measure_memory_delta(const Subject& /*subject*/, const Measured& measured) {
    const auto& store = measured.result.store;
    const auto delta = store ? store->memory_delta() : std::nullopt;
    return delta ? Measurement{static_cast<double>(*delta), {}} : Measurement{};
}

std::string why_no_memory(const Subject& /*subject*/, const Result& result) {
    if (result.store && !result.store->failure.empty())
        return "the store could not be read to the end: " + result.store->failure;
    return "the store does not tell what memory it uses";
}

std::optional<Refusal> refuse_without_store(const Subject& /*subject*/, const Plan& plan) {
    if (plan.counts_in_store) return {};
    return Refusal{"no store is given", "Give its URL: -u."};
}

// ---- of one arm

Measurement measure_arm_errors(const Subject& subject, const Measured& measured) {
    return of_count(total(measured.of(*subject.arm).errors));
}

Measurement measure_arm_hit_rate(const Subject& subject, const Measured& measured) {
    const auto rate = measured.of(*subject.arm).hit_rate();
    if (!rate || !measured.result.silent_endpoints(*subject.arm).empty()) return {};
    return {rate, interval_of(measured.result, *subject.arm, Figure::hit_rate)};
}

std::optional<Refusal> refuse_arm_hit_rate(const Subject& /*subject*/, const Plan& plan) {
    if (plan.proves_hits()) return {};
    return Refusal{"nothing in the answers proves hits", "Give --hit-header or --hit-json."};
}

Measurement measure_requests(const Subject& subject, const Measured& measured) {
    return of_count(measured.of(*subject.arm).requests);
}

Measurement measure_min(const Subject& subject, const Measured& measured) {
    const Histogram& latency = measured.of(*subject.arm).latency;
    return latency.empty() ? Measurement{} : Measurement{static_cast<double>(latency.min_ns()), {}};
}

Measurement measure_max(const Subject& subject, const Measured& measured) {
    const Histogram& latency = measured.of(*subject.arm).latency;
    return latency.empty() ? Measurement{} : Measurement{static_cast<double>(latency.max_ns()), {}};
}

Measurement measure_figure(const Subject& subject, const Measured& measured) {
    const auto& all = measured.result.seconds;
    const auto seconds = all.find(*subject.arm);
    const auto value =
        value_of(*subject.figure, measured.of(*subject.arm), seconds == all.end() ? 0 : seconds->second);
    if (!value) return {};
    return {value, interval_of(measured.result, *subject.arm, subject.figure->figure)};
}

// ---- of the stampedes

std::optional<Refusal> refuse_without_stampede(const Subject& /*subject*/, const Plan& plan) {
    if (plan.stampede) return {};
    return Refusal{"the run lets no stampede loose", "Give --stampede."};
}

std::optional<Refusal> refuse_wait(const Subject& subject, const Plan& plan) {
    const auto q = subject.figure->q;
    if (!plan.stampede || !q) return refuse_without_stampede(subject, plan);
    const std::uint64_t callers =
        std::uint64_t{plan.stampede->callers} * std::max<std::uint64_t>(plan.endpoints.size(), 1);
    const std::uint64_t waits = callers * plan.stampede->rounds, needed = needed_for_quantile(*q);
    if (waits >= needed) return {};
    return Refusal{
        fmt::format("that quantile needs {} waiting callers, {} are planned", core::format_count(needed),
                    core::format_count(waits)),
        fmt::format("Let them loose more often: --stampede={}.", (needed + callers - 1) / callers)};
}

Measurement measure_reached(const Subject& /*subject*/, const Measured& measured) {
    Measurement most;
    for (const EndpointResult& endpoint : measured.result.endpoints)
        if (const auto reached = endpoint.stampede ? endpoint.stampede->most_reached() : std::nullopt)
            most.value = std::max(most.value.value_or(0), static_cast<double>(*reached));
    return most;
}

/// What all callers waited.
Tally waited(const Measured& measured) {
    Tally callers;
    for (const EndpointResult& endpoint : measured.result.endpoints)
        if (endpoint.stampede) callers.latency.merge(endpoint.stampede->waited());
    return callers;
}

Measurement measure_longest_wait(const Subject& /*subject*/, const Measured& measured) {
    const Tally callers = waited(measured);
    if (callers.latency.empty()) return {};
    return {static_cast<double>(callers.latency.max_ns()), {}};
}

Measurement measure_wait(const Subject& subject, const Measured& measured) {
    return {value_of(*subject.figure, waited(measured), 0), {}};
}

// ---- all of them

/// In the order of the help. To add a quantity: the function that measures it, and a line here.
constexpr std::array k_metrics{
    Metric{.scope = Scope::compared,
           .name = "reduction",
           .unit = Unit::fraction,
           .basis = Basis::blocks,
           .measure = measure_reduction,
           .refusal = refuse_compared,
           .needs_both_arms = true,
           .scale = scale_of_reduction,
           .least = -k_no_limit},
    Metric{.scope = Scope::compared,
           .name = "ratio",
           .unit = Unit::fraction,
           .basis = Basis::blocks,
           .measure = measure_ratio,
           .refusal = refuse_compared,
           .needs_both_arms = true,
           .factor = true,
           .greatest = k_no_limit},
    Metric{.scope = Scope::run,
           .name = "hit_rate",
           .unit = Unit::fraction,
           .basis = Basis::share,
           .measure = measure_hit_rate,
           .refusal = refuse_hit_rate,
           .scale = evenly},
    Metric{.scope = Scope::run,
           .name = "origin_reduction",
           .unit = Unit::fraction,
           .basis = Basis::blocks,
           .measure = measure_origin_reduction,
           .refusal = refuse_without_origin,
           .needs_both_arms = true,
           .scale = evenly,
           .least = -k_no_limit,
           .why_absent = why_no_origin,
           .alone = origin_reduction_alone},
    Metric{Scope::run, "errors", Unit::number, Basis::counted, measure_errors},
    Metric{Scope::run, "error_rate", Unit::fraction, Basis::counted, measure_error_rate},
    Metric{Scope::run, "mismatches", Unit::number, Basis::counted, measure_mismatches, refuse_mismatches,
           true},
    Metric{.scope = Scope::run,
           .name = "store.memory_delta",
           .unit = Unit::bytes,
           .basis = Basis::values,
           .measure = measure_memory_delta,
           .refusal = refuse_without_store,
           .least = -k_no_limit,
           .why_absent = why_no_memory},
    Metric{Scope::arm_figure, "", Unit::nanoseconds, Basis::blocks, measure_figure},
    Metric{Scope::arm, "max", Unit::nanoseconds, Basis::values, measure_max},
    Metric{Scope::arm, "min", Unit::nanoseconds, Basis::values, measure_min},
    Metric{.scope = Scope::arm,
           .name = "hit_rate",
           .unit = Unit::fraction,
           .basis = Basis::share,
           .measure = measure_arm_hit_rate,
           .refusal = refuse_arm_hit_rate,
           .scale = evenly},
    Metric{Scope::arm, "errors", Unit::number, Basis::counted, measure_arm_errors},
    Metric{Scope::arm, "requests", Unit::number, Basis::counted, measure_requests},
    Metric{.scope = Scope::arm,
           .name = "origin_queries",
           .unit = Unit::number,
           .basis = Basis::blocks,
           .measure = measure_origin_queries,
           .refusal = refuse_without_origin,
           .scale = evenly,
           .why_absent = why_no_origin},
    Metric{.scope = Scope::tier_figure,
           .name = "",
           .unit = Unit::nanoseconds,
           .basis = Basis::blocks,
           .measure = measure_tier_latency,
           .refusal = refuse_without_tiers,
           .why_absent = why_no_tier},
    Metric{.scope = Scope::tier,
           .name = "share",
           .unit = Unit::fraction,
           .basis = Basis::share,
           .measure = measure_tier_share,
           .refusal = refuse_without_tiers,
           .scale = evenly,
           .why_absent = why_no_tier},
    Metric{Scope::stampede, "reached", Unit::number, Basis::counted, measure_reached,
           refuse_without_stampede},
    Metric{Scope::stampede_figure, "", Unit::nanoseconds, Basis::values, measure_wait, refuse_wait},
    Metric{Scope::stampede, "max", Unit::nanoseconds, Basis::values, measure_longest_wait,
           refuse_without_stampede},
};

} // namespace

ArmKind hitting_arm(const Result& result) {
    if (result.plan.drill) return ArmKind::up;
    return result.plan.single ? ArmKind::single : ArmKind::cached;
}

std::span<const Metric> all_metrics() {
    return k_metrics;
}

const Tally& Measured::of(ArmKind arm) const {
    static const Tally k_none;
    const auto found = arms.find(arm);
    return found == arms.end() ? k_none : found->second;
}

bool is_hit_rate(const Subject& subject) {
    return subject.metric->name == "hit_rate";
}

Measurement hit_rate_of(const Measured& measured) {
    const Result& result = measured.result;
    const ArmKind arm = hitting_arm(result);
    if (!result.hits_provable()) {
        const auto rate = result.store_hit_rate(arm);
        if (!rate) return {};
        // The store counts all requests together, so blocks cannot be separated.
        const StoreUse& use = result.store->arms.at(arm);
        return {rate, wilson_interval(static_cast<double>(use.hits), static_cast<double>(use.lookups()))};
    }
    const bool is_alone = result.hit_rate_is_alone();
    const Tally alone = is_alone ? result.alone->pooled(arm) : Tally{};
    const auto rate = (is_alone ? alone : measured.of(arm)).hit_rate();
    if (!rate || !result.silent_endpoints(arm).empty()) return {};
    return {rate, interval_of(is_alone ? *result.alone : result, arm, Figure::hit_rate)};
}

} // namespace roacache::bench
