#include "src/report/json_figures.hpp"

#include "src/bench/verdict/sentences.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"

#include <cmath>

namespace roacache::report {
namespace {

template <typename Map>
Json counts(const Map& map) {
    Json object = Json::object();
    for (const auto& [name, count] : map)
        if constexpr (std::is_same_v<std::decay_t<decltype(name)>, int>)
            object[std::to_string(name)] = count;
        else
            object[name] = count;
    return object;
}

Json latency_json(const ArmView& arm) {
    const bench::Histogram& latency = arm.tally.latency;
    const bool any = !latency.empty();
    Json json;
    json["min"] = any ? milliseconds(static_cast<double>(latency.min_ns())) : Json(nullptr);
    json["mean"] = milliseconds(arm.mean_ns());
    json["stddev"] = latency.count() > 1 ? milliseconds(latency.stddev_ns()) : Json(nullptr);
    for (const NamedQuantile& quantile : k_named_quantiles)
        json[quantile.field] = milliseconds(arm.quantile_ns(quantile.q));
    json["max"] = any ? milliseconds(static_cast<double>(latency.max_ns())) : Json(nullptr);
    return json;
}

/// By name; null where nothing in the answers tells them.
Json tiers_json(const ArmView& arm) {
    if (arm.tally.tiers.empty()) return nullptr;
    Json json = Json::object();
    for (const auto& [tier, latency] : arm.tally.tiers) {
        json[tier] = {{"answers", latency.count()}, {"latency_ms", brief_json(latency)}};
        json[tier]["share"] =
            number(static_cast<double>(latency.count()) / static_cast<double>(arm.tally.answered()));
    }
    return json;
}

Json arm_json(const ArmView& arm) {
    const bench::Tally& tally = arm.tally;
    Json json;
    json["requests"] = tally.requests;
    json["sent"] = tally.requests + tally.fillers;
    json["sent_again"] = tally.sent_again;
    json["good"] = tally.latency.count();
    json["censored"] = tally.censored.count();
    json["errors"] = counts(tally.errors);
    json["system_errors"] = counts(tally.system_errors);
    json["statuses"] = counts(tally.statuses);
    json["redirects"] = Json::array();
    for (const auto& [location, count] : tally.redirects)
        json["redirects"].push_back({{"location", bytes(location)}, {"count", count}});
    json["seconds"] = number(arm.seconds);
    json["rps"] = number(arm.rps());
    json["concurrency"] = number(arm.concurrency);
    json["latency_ms"] = latency_json(arm);
    json["first_byte_ms"] = brief_json(tally.first_byte);
    json["first_ms"] = number(arm.first_ms);
    json["proven_hits"] = arm.provable ? Json(tally.proven_hits) : Json(nullptr);
    json["proven_misses"] = arm.provable ? Json(tally.proven_misses) : Json(nullptr);
    json["tiers"] = tiers_json(arm);
    json["moved_in"] = tally.moved_in;
    json["moved_out"] = tally.moved_out;
    json["bytes"] = tally.bytes;
    json["connects"] = tally.connects;
    return json;
}

/// Only of all endpoints together: they share their blocks.
Json generator_json(const ArmView& arm) {
    return {{"cpu_seconds", number(arm.cpu_seconds)},
            {"busy", number(arm.generator_busy)},
            {"waiting", number(arm.generator_waiting)}};
}

Json unexpected_json(const std::vector<bench::UnexpectedStatus>& statuses) {
    Json json = Json::array();
    for (const auto& [status, count, since_s] : statuses)
        json.push_back({{"status", status}, {"count", count}, {"since_s", number(since_s)}});
    return json;
}

Json check_json(const std::optional<bench::Check>& check) {
    if (!check) return nullptr;
    return {{"hodges_lehmann_ratio", number(check->hodges_lehmann_ratio)},
            {"signed_rank_p", number(check->signed_rank_p)}};
}

/// What the interval is from.
Json blocks_of_json(const bench::Ratio& ratio) {
    Json json{{"analysed", ratio.blocks}};
    if (!ratio.check) return json;
    const auto& dependence = ratio.check->dependence;
    json["pairs"] = ratio.check->pairs;
    json["lag1"] = dependence ? number(dependence->lag1) : Json(nullptr);
    json["design_effect"] = dependence ? number(dependence->design_effect) : Json(nullptr);
    return json;
}

} // namespace

Json number(std::optional<double> value) {
    return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json milliseconds(std::optional<double> ns) {
    return ns ? number(core::to_ms(*ns)) : Json(nullptr);
}

Json bytes(std::string_view text) {
    return Json(output::json_bytes(text));
}

Json brief_json(const bench::Histogram& histogram) {
    const auto quantile = [&](double q) {
        return bench::enough_for_quantile(q, histogram.count()) ? milliseconds(histogram.quantile_ns(q))
                                                                : Json(nullptr);
    };
    const bool any = !histogram.empty();
    return {{"mean", any ? milliseconds(histogram.mean_ns()) : Json(nullptr)},
            {"p50", quantile(0.5)},
            {"p90", quantile(0.9)},
            {"p99", quantile(0.99)},
            {"max", any ? milliseconds(static_cast<double>(histogram.max_ns())) : Json(nullptr)}};
}

Json arms_json(const bench::Result& result, std::optional<std::size_t> endpoint) {
    Json json = Json::object();
    for (const ArmView& arm : arm_views(result, endpoint)) {
        Json& one = json[bench::name_of(arm.kind)] = arm_json(arm);
        if (endpoint) continue;
        one["generator"] = generator_json(arm);
        one["unexpected_statuses"] = unexpected_json(bench::unexpected_statuses(result, arm.kind));
    }
    return json;
}

Json comparison_json(const bench::Comparison& comparison) {
    Json json = Json::object();
    for (const bench::Quantity quantity : bench::k_quantities) {
        Json& one = json[bench::name_of(quantity)];
        const auto found = comparison.find(quantity);
        if (found == comparison.end()) continue; // null
        const bench::Ratio& ratio = found->second;
        one = {{"ratio", number(ratio.ratio)},     {"ci_low", number(ratio.ci_low)},
               {"ci_high", number(ratio.ci_high)}, {"reduction_percent", number(ratio.reduction_percent())},
               {"check", check_json(ratio.check)}, {"blocks", blocks_of_json(ratio)}};
    }
    return json;
}

} // namespace roacache::report
