#include "src/report/saved_run.hpp"

#include "src/core/error.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"
#include "src/report/json_figures.hpp"
#include "src/report/plan_json.hpp"
#include "src/report/saved_blocks.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace roacache::report {
namespace {

/// Text, or the form of bytes that are none.
std::string text_from(const Json& json) {
    if (json.is_string()) return json;
    if (json.is_number()) return output::json_text(json);
    return json.is_object() && json.contains("base64") ? "base64:" + json.at("base64").get<std::string>()
                                                       : "";
}

bench::EndpointPlan endpoint_from(const Json& json) {
    bench::EndpointPlan endpoint;
    endpoint.name = text_from(json.at("url"));
    if (json.contains("name")) endpoint.label = text_from(json.at("name"));
    if (json.contains("asked")) endpoint.asked = text_from(json.at("asked"));
    if (json.contains("expected_text")) endpoint.expected_text = text_from(json.at("expected_text"));
    if (json.contains("varied")) endpoint.varied = text_from(json.at("varied"));
    if (json.contains("headers")) {
        endpoint.headers.emplace();
        for (const Json& header : json.at("headers"))
            endpoint.headers->push_back(text_from(header));
    }
    if (json.contains("keep_alive")) endpoint.keep_alive = json.at("keep_alive").get<bool>();
    if (json.contains("uncached_by")) endpoint.uncached_by = text_from(json.at("uncached_by"));
    endpoint.weight = json.value("weight", 1U);
    if (json.contains("hit_header")) endpoint.hit_headers = hit_headers_from(json.at("hit_header"));
    if (json.contains("hit_json") && json.at("hit_json").is_string())
        endpoint.hit_json = bench::parse_hit_json(json.at("hit_json").get<std::string>(), "hit_json");
    if (json.contains("asserts"))
        for (const Json& answer : json.at("asserts")) {
            endpoint.asserts.push_back(text_from(answer.at("expr")));
            bench::parse_assert(endpoint.asserts.back());
        }
    if (const Json& equality = json.at("equality"); equality.is_object() && equality.contains("ignored"))
        for (const Json& path : equality.at("ignored"))
            endpoint.ignored.push_back(bench::parse_json_path(text_from(path), "ignored"));
    return endpoint;
}

bench::Plan plan_from(const Json& json) {
    bench::Plan plan;
    plan.drill = json.at("arms").contains("up");
    plan.single = plan.drill || json.at("arms").contains("single");
    for (const Json& endpoint : json.at("endpoints"))
        plan.endpoints.push_back(endpoint_from(endpoint));
    if (plan.endpoints.empty()) throw BadRun("it has no endpoints");
    read_plan(json.at("plan"), plan);
    return plan;
}

/// Older runs have none.
std::optional<bench::Stampede> stampede_from(const Json& json) {
    if (!json.is_object() || !json.contains("saved_rounds")) return {};
    bench::Stampede stampede;
    const std::string by = json.at("reached_by");
    for (const auto known : {bench::ReachedBy::computations, bench::ReachedBy::header,
                             bench::ReachedBy::store, bench::ReachedBy::latency})
        if (by == bench::name_of(known)) stampede.by = known;
    for (const Json& saved : json.at("saved_rounds")) {
        bench::StampedeRound& round = stampede.rounds.emplace_back();
        round.requests = count_from(saved.at("requests"));
        round.errors = errors_from(saved.at("errors"));
        round.latency = histogram_from(saved.at("latency"));
        if (saved.at("reached").is_number()) round.reached = count_from(saved.at("reached"));
    }
    return stampede;
}

bench::CacheSigns signs_from(const Json& json) {
    bench::CacheSigns signs;
    for (const Json& sign : json.at("signs"))
        signs.signs.push_back({{text_from(sign.at("header")), text_from(sign.at("expected"))},
                               sign.at("hit"),
                               text_from(sign.at("value"))});
    for (const auto& [name, value] : json.at("fields").items())
        signs.fields[name] = text_from(value);
    return signs;
}

void read_endpoint(const Json& json, bench::EndpointResult& endpoint) {
    for (const auto& [name, arm] : json.at("arms").items()) {
        if (arm.at("first_ms").is_number()) endpoint.first_ms[arm_from(name)] = arm.at("first_ms");
        if (arm.contains("cache_signs")) endpoint.signs[arm_from(name)] = signs_from(arm.at("cache_signs"));
    }
    if (json.contains("asked_before")) endpoint.asked_before = count_from(json.at("asked_before"));
    if (json.contains("stampede")) endpoint.stampede = stampede_from(json.at("stampede"));
    const Json& equality = json.at("equality");
    if (!equality.is_object()) return;
    endpoint.equality.compared = count_from(equality.at("compared"));
    endpoint.equality.mismatched = count_from(equality.at("mismatched"));
    if (!equality.contains("differ_in_body")) return; // an older run's
    endpoint.equality.differ_in_content = count_from(equality.at("differ_in_body"));
    endpoint.equality.equal_as_json = count_from(equality.at("equal_as_json"));
    if (equality.contains("too_long")) endpoint.equality.too_long = count_from(equality.at("too_long"));
    endpoint.equality.varies = equality.at("varies");
    for (const Json& path : equality.at("varying_paths"))
        endpoint.equality.varying_paths.insert(text_from(path));
    if (endpoint.equality.differ_in_content > endpoint.equality.mismatched)
        throw BadRun("more answers differ in their body than differ");
}

/// Older runs have none.
void read_shared_entries(const Json& json, bench::Result& result) {
    const Json& equality = json.at("equality");
    if (!equality.is_object() || !equality.contains("shared_entries")) return;
    for (const Json& entry : equality.at("shared_entries")) {
        result.shared_entries.push_back({entry.at("endpoints").get<std::vector<std::size_t>>()});
        const auto& endpoints = result.shared_entries.back().endpoints;
        const auto beyond = [&](std::size_t endpoint) { return endpoint >= result.endpoints.size(); };
        if (endpoints.size() < 2 || std::any_of(endpoints.begin(), endpoints.end(), beyond))
            throw BadRun("what shares a cache entry are two endpoints of the run, or more");
    }
}

/// Those of all endpoints together.
std::vector<std::string> asserts_from(const Json& json) {
    std::vector<std::string> asserts;
    if (!json.contains("asserts")) return asserts;
    for (const Json& answer : json.at("asserts"))
        if (!answer.contains("endpoint") || answer.at("endpoint").is_null()) {
            asserts.push_back(text_from(answer.at("expr")));
            bench::parse_assert(asserts.back());
        }
    return asserts;
}

/// Older runs have none.
void read_stalls(const Json& json, bench::Result& result, double begin_s) {
    if (!json.contains("stalls")) return;
    for (const Json& stall : json.at("stalls"))
        result.stalls.push_back({arm_from(stall.at("arm")), stall.at("at_ms").get<double>() / 1e3 + begin_s,
                                 stall.at("length_ms").get<double>() / 1e3});
}

/// Older runs have none.
std::optional<bench::OriginWatch> origin_from(const Json& json) {
    const auto saved = json.find("origin");
    if (saved == json.end() || !saved->is_object()) return {};
    return bench::OriginWatch{count_from(saved->at("own")), count_from(saved->at("between")),
                              text_from(saved->at("failure"))};
}

/// Older runs have none.
std::vector<bench::UserCheck> users_from(const Json& json, std::size_t endpoints) {
    using Outcome = bench::UserCheck::Outcome;
    std::vector<bench::UserCheck> users;
    if (!json.contains("users")) return users;
    for (const Json& saved : json.at("users")) {
        bench::UserCheck& check = users.emplace_back();
        check.endpoint = saved.at("endpoint");
        if (check.endpoint >= endpoints) throw BadRun("its users asked what the run did not");
        check.request = text_from(saved.at("request"));
        for (const Outcome known : {Outcome::own, Outcome::crossed, Outcome::equal, Outcome::unknown})
            if (saved.at("outcome") == bench::name_of(known)) check.outcome = known;
        if (saved.at("served").is_number()) check.served = saved.at("served") == 2 ? 2 : 1;
        if (saved.contains("in_part")) { // older runs have neither
            check.in_part = saved.at("in_part");
            if (const Json& all = saved.at("of_requests"); !all.is_null())
                check.of_requests = count_from(all);
        }
        for (const Json& place : saved.at("places"))
            check.places.push_back(text_from(place));
        for (const Json& key : saved.at("keys"))
            check.keys.push_back(text_from(key));
        check.why = text_from(saved.at("why"));
    }
    return users;
}

/// The blocks of one loop and what is made of them.
void read_blocks(const Json& json, bench::Result& result) {
    const auto arms = result.plan.arms();
    for (const Json& block : json.at("blocks")) {
        result.blocks.push_back(block_from(block, result.endpoints.size()));
        if (std::find(arms.begin(), arms.end(), result.blocks.back().arm) == arms.end())
            throw BadRun("a block is of an arm that the run has not");
    }
    result.sum_up_blocks();
}

void read_closed_loop(const Json& json, bench::Result& result) {
    if (!result.plan.closed_loop) return;
    result.closed_loop = std::make_shared<bench::Result>();
    result.closed_loop->plan = result.plan.as_closed_loop();
    result.closed_loop->endpoints = bench::unmeasured_endpoints(result.plan);
    const auto saved = json.find("closed_loop");
    if (saved == json.end() || !saved->is_object()) throw BadRun("its closed loop was not kept");
    read_blocks(*saved, *result.closed_loop);
    read_stalls(*saved, *result.closed_loop, result.begin_of_blocks());
}

/// Older runs have none.
void read_alone(const Json& json, bench::Result& result) {
    const auto saved = json.find("alone");
    if (saved == json.end() || !saved->is_object()) return;
    result.alone = std::make_shared<bench::Result>();
    result.alone->plan = result.plan;
    result.alone->endpoints = bench::unmeasured_endpoints(result.plan);
    read_blocks(*saved, *result.alone);
}

SavedRun run_from(const Json& json) {
    const std::string schema = json.is_object() ? json.value("schema", "") : "";
    if (schema != "roacache.bench/1")
        throw BadRun(schema.starts_with("roacache.bench/") ? "another version of roacache saved it"
                                                           : "not the JSON of a run of roacache bench");
    if (!json.contains("blocks")) throw BadRun("its blocks were not kept");
    if (json.value("saved_version", 1U) > k_saved_version)
        throw BadRun("a later version of roacache saved it");
    SavedRun run;
    bench::Result& result = run.result;
    result.plan = plan_from(json);
    result.partial = json.at("partial");
    if (json.contains("aborted")) result.aborted = text_from(json.at("aborted"));
    result.started_utc = text_from(json.at("started"));
    result.endpoints = bench::unmeasured_endpoints(result.plan);
    for (std::size_t i = 0; i < result.endpoints.size(); ++i)
        read_endpoint(json.at("endpoints").at(i), result.endpoints[i]);
    read_shared_entries(json, result);
    result.origin = origin_from(json);
    result.users = users_from(json, result.endpoints.size());
    read_blocks(json, result);
    read_closed_loop(json, result);
    read_alone(json, result);
    read_stalls(json, result, result.begin_of_blocks());
    run.failed = json.value("verdict", "") == "fail";
    run.command = text_from(json.at("command"));
    run.asserts = asserts_from(json);
    run.uncached_by = text_from(json.at("uncached_by"));
    for (const auto& [name, value] : json.at("environment").items())
        run.environment.emplace_back(name, text_from(value));
    return run;
}

} // namespace

Json saved_rounds_json(const bench::Stampede& stampede) {
    Json rounds = Json::array();
    for (const bench::StampedeRound& round : stampede.rounds)
        rounds.push_back({{"requests", round.requests},
                          {"errors", round.errors},
                          {"latency", histogram_json(round.latency)},
                          {"reached", round.reached ? Json(*round.reached) : Json(nullptr)}});
    return rounds;
}

Json blocks_json(const bench::Result& result) {
    Json blocks = Json::array();
    for (const bench::Block& block : result.blocks)
        blocks.push_back(block_json(block));
    return blocks;
}

SavedRun read_run(std::string_view json, const std::string& name) {
    const auto bad = [&](const std::string& why) {
        return core::Error(core::ExitCode::usage,
                           fmt::format("bad run: {}: {}", output::printable(name), why),
                           "Give what roacache bench --json FILE wrote.");
    };
    try {
        SavedRun run = run_from(Json::parse(json));
        run.name = name;
        return run;
    } catch (const Json::parse_error& error) {
        throw bad(fmt::format("no JSON at byte {}", error.byte));
    } catch (const Json::exception&) {
        throw bad("a field is missing or is not what it should be");
    } catch (const BadRun& error) {
        throw bad(error.what());
    } catch (const core::Error& error) {
        throw bad(error.what());
    }
}

} // namespace roacache::report
