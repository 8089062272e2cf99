#include "tests/cli/fields.hpp"
#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

using namespace roacache::test;
using nlohmann::json;

namespace {

const Fields k_arm = {{"requests", "count"},
                      {"errors", "object"},
                      {"seconds", "number"},
                      {"rps", "number"},
                      {"latency_ms/min", "number"},
                      {"latency_ms/mean", "number"},
                      {"latency_ms/stddev", "number?"},
                      {"latency_ms/p50", "number"},
                      {"latency_ms/p75", "number?"},
                      {"latency_ms/p90", "number?"},
                      {"latency_ms/p95", "number?"},
                      {"latency_ms/p99", "number?"},
                      {"latency_ms/p999", "number?"},
                      {"latency_ms/p9999", "number?"},
                      {"latency_ms/p99999", "number?"},
                      {"latency_ms/max", "number"},
                      {"first_ms", "number?"},
                      {"proven_hits", "count?"},
                      {"proven_misses", "count?"},
                      {"bytes", "count"}};

const Fields k_ratio = {{"ratio", "number?"},
                        {"ci_low", "number?"},
                        {"ci_high", "number?"},
                        {"reduction_percent", "number?"},
                        {"check/signed_rank_p", "number"},
                        {"check/hodges_lehmann_ratio", "number"}};

void add(Fields& all, const std::string& path, const Fields& fields) {
    for (const auto& [name, type] : fields)
        all[path + name] = type;
}

/// Of all endpoints together.
const Fields k_pooled = {
    {"generator/cpu_seconds", "number"}, {"generator/busy", "fraction"}, {"generator/waiting", "fraction"}};

/// Of a run of two arms.
Fields comparing() {
    Fields all = {{"environment", "object"},
                  {"command", "text"},
                  {"verdict", "string"},
                  {"noise_floor_percent", "number?"},
                  {"store", "object?"},
                  {"quantile_needs", "object"},
                  {"warnings", "array"},
                  {"stalls", "array"},
                  {"generator/cpu_seconds", "number"},
                  {"endpoints/*/url", "text"},
                  {"asserts/*/expr", "text"},
                  {"asserts/*/value", "number"},
                  {"asserts/*/ci", "array?"},
                  {"asserts/*/verdict", "string"},
                  {"equality/compared", "count"},
                  {"equality/mismatches/*", "object"},
                  {"endpoints/*/equality/compared", "count"}};
    add(all, "arms/cached/", k_pooled);
    add(all, "arms/uncached/", k_pooled);
    for (const std::string& place : {std::string(), std::string("endpoints/*/")}) {
        add(all, place + "arms/cached/", k_arm);
        add(all, place + "arms/uncached/", k_arm);
        for (const char* quantity : {"mean", "p50", "p90", "p95", "p99", "total_time"})
            all[place + "comparison/" + quantity] = "object?";
        add(all, place + "comparison/mean/", k_ratio);
        // A cache that is slower reduces by less than nothing.
        all.erase(place + "comparison/mean/reduction_percent");
    }
    return all;
}

const char* const k_locations = "location /cached { add_header X-Cache HIT; return 200 'one'; }"
                                "location /uncached { return 200 'another'; }";

json measured(std::vector<std::string> arguments, int exit_code) {
    arguments.insert(arguments.begin(), "bench");
    arguments.insert(arguments.end(), {"-n", "100", "--blocks", "10", "-c", "2", "-o", "json", "-q"});
    const Finished finished = run_roacache(arguments);
    INFO(finished.err);
    CHECK(finished.exit_code == exit_code);
    CHECK(starts_with_schema(finished.out, "bench"));
    CHECK(finished.out.find('\x1b') == std::string::npos);
    return json::parse(finished.out);
}

} // namespace

TEST_CASE("a measurement in JSON has the fields that scripts rely on", "[bench]") {
    const NginxServer nginx(k_locations);
    const json result = measured({nginx.url("/cached"), "--uncached-url", nginx.url("/uncached"),
                                  "--hit-header", "X-Cache: HIT", "--assert", "errors == 0"},
                                 1);
    CHECK(wrong_fields(result, comparing()) == "");
    CHECK(result.at("arms").at("cached").at("requests") == 100);
    CHECK(result.at("arms").at("cached").at("proven_hits") == 100);
    CHECK(result.at("arms").at("uncached").at("proven_hits") == 0);
    CHECK(result.at("verdict") == "fail");
    CHECK(result.at("asserts")[0].at("verdict") == "pass");
    CHECK(result.at("endpoints")[0].at("url") == nginx.url("/cached"));
}

TEST_CASE("a measurement of one arm in JSON has that arm, and null where there is nothing to compare",
          "[bench]") {
    const NginxServer nginx(k_locations);
    const json result = measured({nginx.url("/cached"), "--single"}, 0);
    Fields fields = {{"environment", "object"},   {"command", "text"},
                     {"verdict", "string"},       {"comparison", "null"},
                     {"equality", "null"},        {"store", "null"},
                     {"endpoints/*/url", "text"}, {"endpoints/*/comparison", "null"}};
    add(fields, "arms/single/", k_arm);
    add(fields, "arms/single/", k_pooled);
    fields["arms/single/proven_hits"] = fields["arms/single/proven_misses"] = "null";
    CHECK(wrong_fields(result, fields) == "");
    CHECK(result.at("arms").size() == 1);
}
