#include "src/bench/stats/origin_queries.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"
#include "src/report/json_figures.hpp"
#include "src/report/plan_json.hpp"
#include "src/report/saved_run.hpp"

#include <algorithm>
#include <cmath>

namespace roacache::report {
namespace {

Json strings(const std::vector<std::string>& texts) {
    Json json = Json::array();
    for (const std::string& text : texts)
        json.push_back(bytes(text));
    return json;
}

Json mismatch_json(const bench::Mismatch& mismatch, const bench::Result& result) {
    Json json;
    json["endpoint"] = mismatch.endpoint < result.endpoints.size()
                           ? bytes(result.endpoints[mismatch.endpoint].name)
                           : Json(nullptr);
    json["arm"] = bench::name_of(mismatch.arm);
    json["request"] = mismatch.request.empty() ? Json(nullptr) : bytes(mismatch.request);
    json["what"] = mismatch.what;
    json["expected"] = bytes(mismatch.expected);
    json["found"] = bytes(mismatch.found);
    json["count"] = mismatch.count;
    json["difference"] = nullptr;
    if (mismatch.difference)
        json["difference"] = {
            {"offset", mismatch.difference->offset},
            {"expected", bytes(mismatch.difference->expected)},
            {"found", bytes(mismatch.difference->found)},
            {"path", mismatch.difference->path ? bytes(*mismatch.difference->path) : Json(nullptr)}};
    return json;
}

Json shared_entry_json(const bench::SharedEntry& entry, const bench::Result& result) {
    Json json{{"endpoints", entry.endpoints}, {"urls", Json::array()}};
    for (const std::size_t endpoint : entry.endpoints)
        json["urls"].push_back(bytes(result.endpoints.at(endpoint).name));
    return json;
}

/// Of one endpoint, or of all; null in a single run, which compares nothing.
Json equality_json(const bench::Result& result, std::optional<std::size_t> endpoint) {
    if (result.plan.single) return nullptr;
    Json json{{"compared", 0}, {"mismatched", 0}, {"mismatches", Json::array()}};
    bench::Equality all;
    for (std::size_t i = 0; i < result.endpoints.size(); ++i) {
        if (endpoint && *endpoint != i) continue;
        const bench::Equality& equality = result.endpoints[i].equality;
        all.add_counts(equality);
        for (const bench::Mismatch& mismatch : equality.mismatches)
            json["mismatches"].push_back(mismatch_json(mismatch, result));
    }
    json["compared"] = all.compared;
    json["mismatched"] = all.mismatched;
    json["differ_in_body"] = all.differ_in_content;
    json["too_long"] = all.too_long;
    json["equal_as_json"] = all.equal_as_json;
    json["varies"] = all.varies;
    json["varying_paths"] = Json::array();
    for (const std::string& path : all.varying_paths)
        json["varying_paths"].push_back(bytes(path));
    json["shared_entries"] = Json::array();
    for (const bench::SharedEntry& entry : result.shared_entries)
        if (!endpoint || std::count(entry.endpoints.begin(), entry.endpoints.end(), *endpoint) > 0)
            json["shared_entries"].push_back(shared_entry_json(entry, result));
    if (endpoint && *endpoint < result.plan.endpoints.size()) {
        json["ignored"] = Json::array();
        for (const bench::JsonPath& path : result.plan.endpoints[*endpoint].ignored)
            json["ignored"].push_back(bytes(path.text));
    }
    return json;
}

Json assert_json(const bench::AssertResult& answer, const bench::Result& result) {
    using Unit = bench::Assert::Unit;
    const Unit unit = answer.assertion.unit;
    const auto scaled = [&](std::optional<double> value) {
        return unit == Unit::nanoseconds ? milliseconds(value) : number(value);
    };
    Json json;
    json["expr"] = bytes(answer.assertion.expr);
    json["value"] = scaled(answer.value);
    json["ci"] =
        answer.ci_low && answer.ci_high ? Json{scaled(answer.ci_low), scaled(answer.ci_high)} : Json(nullptr);
    json["verdict"] = bench::name_of(answer.verdict);
    json["p"] = number(answer.p);
    json["p_adjusted"] = number(answer.p_adjusted);
    json["threshold"] = scaled(answer.assertion.threshold);
    json["unit"] = unit == Unit::nanoseconds ? "ms"
                   : unit == Unit::fraction  ? "fraction"
                   : unit == Unit::bytes     ? "bytes"
                                             : "number";
    json["endpoint"] =
        answer.endpoint ? bytes(result.endpoints.at(*answer.endpoint).shown_name()) : Json(nullptr);
    return json;
}

Json stampede_json(const std::optional<bench::Stampede>& stampede) {
    if (!stampede) return nullptr;
    const bench::Histogram waited = stampede->waited();
    Json json;
    json["rounds"] = stampede->rounds.size();
    json["reached_by"] = bench::name_of(stampede->by);
    json["reached_mean"] = number(stampede->mean_reached());
    json["reached_max"] = stampede->most_reached() ? Json(*stampede->most_reached()) : Json(nullptr);
    json["reached"] = Json::array();
    for (const bench::StampedeRound& round : stampede->rounds)
        json["reached"].push_back(round.reached ? Json(*round.reached) : Json(nullptr));
    json["good"] = waited.count();
    json["errors"] = stampede->errors();
    json["waited_ms"] = brief_json(waited);
    json["saved_rounds"] = saved_rounds_json(*stampede);
    return json;
}

Json signs_json(const bench::CacheSigns& signs) {
    Json json{{"signs", Json::array()}, {"fields", Json::object()}};
    for (const auto& [header, hit, value] : signs.signs)
        json["signs"].push_back(
            {{"header", header.name}, {"expected", header.value}, {"hit", hit}, {"value", bytes(value)}});
    for (const auto& [name, value] : signs.fields)
        json["fields"][name] = bytes(value);
    return json;
}

/// What tells another question from the same one, and is known of it.
void add_question(const bench::EndpointPlan& endpoint, Json& json) {
    if (!endpoint.asked.empty()) json["asked"] = bytes(endpoint.asked);
    if (!endpoint.expected_text.empty()) json["expected_text"] = bytes(endpoint.expected_text);
    if (!endpoint.varied.empty()) json["varied"] = bytes(endpoint.varied);
    if (endpoint.headers) json["headers"] = strings(*endpoint.headers);
    if (endpoint.keep_alive) json["keep_alive"] = *endpoint.keep_alive;
    if (!endpoint.uncached_by.empty()) json["uncached_by"] = bytes(endpoint.uncached_by);
}

Json endpoint_json(const Document& document, std::size_t index) {
    const bench::Result& result = document.result;
    const bench::EndpointResult& endpoint = result.endpoints[index];
    Json json;
    json["url"] = bytes(endpoint.name);
    json["name"] = endpoint.label.empty() ? Json(nullptr) : bytes(endpoint.label);
    if (index < result.plan.endpoints.size()) add_question(result.plan.endpoints[index], json);
    json["weight"] =
        index < result.plan.endpoints.size() ? Json(result.plan.endpoints[index].weight) : Json(1);
    json["hit_header"] = hit_headers_json(
        index < result.plan.endpoints.size() ? result.plan.hit_headers_of(index) : bench::HitHeaders());
    json["hit_json"] = index < result.plan.endpoints.size() && result.plan.endpoints[index].hit_json
                           ? bytes(result.plan.endpoints[index].hit_json->text())
                           : Json(nullptr);
    json["arms"] = arms_json(result, index);
    for (const auto& [arm, error] : endpoint.first_error)
        json["arms"][bench::name_of(arm)]["first_error"] = error;
    for (const auto& [arm, signs] : endpoint.signs)
        json["arms"][bench::name_of(arm)]["cache_signs"] = signs_json(signs);
    const auto& comparisons = document.assessment.by_endpoint;
    if (endpoint.asked_before) json["asked_before"] = *endpoint.asked_before;
    json["comparison"] = index < comparisons.size() ? comparison_json(comparisons[index]) : Json(nullptr);
    json["equality"] = equality_json(result, index);
    json["stampede"] = stampede_json(endpoint.stampede);
    json["asserts"] = Json::array();
    for (const bench::AssertResult& answer : document.assessment.asserts)
        if (answer.endpoint == index) json["asserts"].push_back(assert_json(answer, result));
    return json;
}

Json change_json(const bench::Change& change, const bench::Regressions& regressions) {
    Json json{
        {"regressions", Json::array()}, {"possible_regressions", Json::array()}, {"arms", Json::object()}};
    for (const bench::Quantity quantity : regressions.found)
        json["regressions"].push_back(bench::name_of(quantity));
    for (const bench::Quantity quantity : regressions.possible)
        json["possible_regressions"].push_back(bench::name_of(quantity));
    for (const auto& [arm, comparison] : change.arms)
        json["arms"][bench::name_of(arm)] = comparison_json(comparison);
    json["cached_by_uncached"] = comparison_json(change.cached_by_uncached);
    return json;
}

Json baseline_json(const Document& document) {
    const auto& baseline = document.assessment.baseline;
    if (!baseline) return nullptr;
    Json json{{"name", bytes(baseline->name)}, {"tolerance_percent", number(100 * baseline->tolerance)}};
    json.update(change_json(baseline->change, baseline->regressions));
    json["endpoints"] = Json::array();
    for (std::size_t i = 0; i < baseline->by_endpoint.size(); ++i) {
        json["endpoints"].push_back({{"url", bytes(document.result.endpoints[i].name)}});
        json["endpoints"].back().update(
            change_json(baseline->by_endpoint[i], baseline->regressions_by_endpoint[i]));
    }
    return json;
}

Json use_json(const bench::StoreUse& use) {
    return {{"hits", use.hits}, {"misses", use.misses}};
}

Json store_json(const bench::Result& result) {
    if (!result.store || (!result.store->failure.empty() && !result.store->memory_delta())) return nullptr;
    const bench::StoreWatch& store = *result.store;
    Json json = store.failure.empty() ? use_json(store.all) : Json{{"hits", nullptr}, {"misses", nullptr}};
    const auto bytes_of = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
    json["memory_delta_bytes"] = bytes_of(store.memory_delta());
    json["memory_before_bytes"] = bytes_of(store.memory_before);
    json["memory_after_bytes"] = bytes_of(store.memory_after);
    json["hit_rate_before"] = number(store.hit_rate_before);
    json["arms"] = Json::object();
    for (const auto& [arm, use] : store.arms)
        json["arms"][bench::name_of(arm)] = use_json(use);
    return json;
}

Json interval_json(const std::optional<bench::Interval>& interval) {
    return interval ? Json{number(interval->low), number(interval->high)} : Json(nullptr);
}

/// Empty where nobody was asked.
Json users_json(const bench::Result& result) {
    Json json = Json::array();
    for (const bench::UserCheck& check : result.users) {
        Json one{{"endpoint", check.endpoint}, {"url", bytes(result.endpoints.at(check.endpoint).name)}};
        one["request"] = check.request.empty() ? Json(nullptr) : bytes(check.request);
        one["of_requests"] = check.of_requests ? Json(*check.of_requests) : Json(nullptr);
        one["outcome"] = bench::name_of(check.outcome);
        one["served"] = check.served == 0 ? Json(nullptr) : Json(check.served);
        one["in_part"] = check.in_part;
        one["places"] = strings(check.places);
        one["keys"] = strings(check.keys);
        one["why"] = check.why.empty() ? Json(nullptr) : bytes(check.why);
        json.push_back(std::move(one));
    }
    return json;
}

/// Null where nothing counted it. No figures where there is a reason against them.
Json origin_json(const bench::Result& result) {
    if (!result.origin) return nullptr;
    const std::string why = bench::why_no_origin_figures(result);
    Json json{{"counter", bytes(result.plan.origin_counter)}, {"arms", Json::object()}};
    for (const auto& [arm, rate] : bench::origin_rates(result))
        json["arms"][bench::name_of(arm)] = {{"queries", rate.queries},
                                             {"requests", rate.requests},
                                             {"per_request", rate.per_request()},
                                             {"ci", interval_json(rate.interval)}};
    const auto reduction = bench::origin_reduction(result);
    json["reduction"] = reduction ? number(reduction->value) : Json(nullptr);
    json["ci"] = reduction ? interval_json(reduction->interval) : Json(nullptr);
    json["unknown"] = why.empty() ? Json(nullptr) : bytes(why);
    json["own"] = result.origin->own;
    json["between"] = result.origin->between;
    json["failure"] = result.origin->failure.empty() ? Json(nullptr) : bytes(result.origin->failure);
    return json;
}

Json estimate_json(const std::optional<bench::Estimate>& estimate, double unit) {
    if (!estimate) return nullptr;
    return {{"value", number(estimate->value / unit)},
            {"ci_low", number(estimate->ci_low / unit)},
            {"ci_high", number(estimate->ci_high / unit)}};
}

Json miss_cost_json(const std::optional<bench::MissCost>& cost) {
    constexpr double k_ms = 1e6;
    if (!cost) return nullptr;
    return {{"overhead_ms", estimate_json(cost->overhead_ns, k_ms)},
            {"break_even_hit_rate", estimate_json(cost->break_even, 1)},
            {"expected_mean_ms", estimate_json(cost->expected_ns, k_ms)}};
}

double rounded_ms(double seconds) {
    return std::round(seconds * 1e6) / 1e3;
}

/// `at_ms` counts from the begin of the run's first block; both to the microsecond.
Json stalls_json(const bench::Result& result, double begin_s) {
    Json json = Json::array();
    for (const bench::Stall& stall : result.stalls)
        json.push_back({{"arm", bench::name_of(stall.arm)},
                        {"at_ms", rounded_ms(stall.started_s - begin_s)},
                        {"length_ms", rounded_ms(stall.seconds)}});
    return json;
}

/// Null where there was one loop.
Json closed_loop_json(const Document& document) {
    const auto& closed = document.result.closed_loop;
    if (!closed || !document.assessment.loops) return nullptr;
    const bench::LoopComparison& loops = *document.assessment.loops;
    Json json{{"arms", arms_json(*closed, {})}};
    json["comparison"] = closed->plan.single ? Json(nullptr) : comparison_json(loops.arms);
    json["closed_by_open"] = Json::object();
    for (const auto& [arm, comparison] : loops.closed_by_open)
        json["closed_by_open"][bench::name_of(arm)] = comparison_json(comparison);
    json["most_hidden"] = Json::object();
    for (const auto& [arm, quantity] : loops.most_hidden)
        json["most_hidden"][bench::name_of(arm)] = bench::name_of(quantity);
    json["stalls"] = stalls_json(*closed, document.result.begin_of_blocks());
    json["store"] = store_json(*closed);
    json["blocks"] = blocks_json(*closed);
    return json;
}

/// Null where the service's cache is as it was before.
Json not_restored_json(const bench::Result& result) {
    if (!result.not_restored) return nullptr;
    const bench::NotRestored& failure = *result.not_restored;
    return {{"state", failure.state},
            {"error", bytes(failure.why)},
            {"remedy", failure.remedy.empty() ? Json(nullptr) : bytes(failure.remedy)}};
}

/// Null where the cached arm did not run on its own.
Json alone_json(const bench::Result& result) {
    if (!result.alone) return nullptr;
    const bench::Tally tally = result.alone->pooled(bench::ArmKind::cached);
    return {{"requests", tally.requests},
            {"hit_rate", number(tally.hit_rate())},
            {"blocks_begun_with_misses", result.blocks_begun_with_misses()},
            {"blocks", blocks_json(*result.alone)}};
}

} // namespace

std::string to_json(const Document& document) {
    const bench::Result& result = document.result;
    const bench::Assessment& assessment = document.assessment;
    Json json;
    json["schema"] = "roacache.bench/1";
    json["verdict"] = bench::name_of(assessment.verdict);
    json["reasons"] = strings(assessment.reasons);
    json["partial"] = result.partial;
    json["aborted"] = result.aborted.empty() ? Json(nullptr) : bytes(result.aborted);
    json["not_restored"] = not_restored_json(result);
    json["started"] = result.started_utc;
    json["command"] = bytes(document.command);
    json["environment"] = Json::object();
    for (const auto& [name, value] : document.environment) {
        const bool count = name == "cores" && value.find_first_not_of("0123456789") == std::string::npos &&
                           !value.empty() && value.size() < 10;
        json["environment"][output::printable(name)] = count ? Json(std::stoul(value)) : bytes(value);
    }
    json["plan"] = plan_json(result.plan);
    json["uncached_by"] = document.uncached_by.empty() ? Json(nullptr) : bytes(document.uncached_by);
    json["arms"] = arms_json(result, {});
    json["endpoints"] = Json::array();
    for (std::size_t i = 0; i < result.endpoints.size(); ++i)
        json["endpoints"].push_back(endpoint_json(document, i));
    json["comparison"] = result.plan.single ? Json(nullptr) : comparison_json(assessment.comparison);
    json["equality"] = equality_json(result, {});
    json["connecting"] = {{"connections", result.connecting.connect.count()},
                          {"connect_ms", brief_json(result.connecting.connect)},
                          {"tls_ms", brief_json(result.connecting.tls)},
                          {"most_streams", result.connecting.most_streams
                                               ? Json(*result.connecting.most_streams)
                                               : Json(nullptr)}};
    json["generator"] = {{"cpu_seconds", number(cpu_seconds_of(result))}};
    json["stalls"] = stalls_json(result, result.begin_of_blocks());
    json["closed_loop"] = closed_loop_json(document);
    json["alone"] = alone_json(result);
    json["hit_rate"] = number(assessment.hit_rate);
    json["store"] = store_json(result);
    json["origin"] = origin_json(result);
    json["users"] = users_json(result);
    json["miss_cost"] = miss_cost_json(assessment.miss_cost);
    json["asserts"] = Json::array();
    for (const bench::AssertResult& answer : assessment.asserts)
        json["asserts"].push_back(assert_json(answer, result));
    json["baseline"] = baseline_json(document);
    json["noise_floor_percent"] = nullptr;
    if (const auto& floor = assessment.noise_floor) json["noise_floor_percent"] = 100 * (*floor - 1);
    json["quantile_needs"] = Json::object(); // good responses an arm, of those that are null
    for (const NamedQuantile& quantile : unknown_quantiles(result))
        json["quantile_needs"][quantile.field] = bench::needed_for_quantile(quantile.q);
    json["warnings"] = Json::array();
    for (const bench::Warning& warning : assessment.warnings)
        json["warnings"].push_back({{"name", warning.name}, {"text", bytes(warning.text)}});
    json["notes"] = strings(document.notes);
    json["saved_version"] = k_saved_version;
    json["blocks"] = blocks_json(result);
    return output::json_text(json, 2) + "\n";
}

} // namespace roacache::report
