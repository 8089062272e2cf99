#include "tests/bench/engine_support.hpp"

#include <chrono>

using namespace roacache;
using bench::ArmKind;
using bench::Errors;
using test::measure;
using test::OddServer;
using test::pair_plan;
using test::single_plan;
using test::single_tally;

namespace {

bench::Plan at_rate(bench::Plan plan, double rate, unsigned connections) {
    plan.rate = rate;
    plan.concurrency = connections;
    return plan;
}

double seconds_in_all(const bench::Result& result) {
    double seconds = 0;
    for (const auto& [arm, part] : result.seconds)
        seconds += part;
    return seconds;
}

} // namespace

TEST_CASE("at a rate the requests are spread over the time that they need", "[bench][rate]") {
    OddServer server;
    const bench::Result result =
        measure(at_rate(pair_plan({server.url("/cache/same"), server.url("/ok")}, 50), 200, 8));
    for (const bench::EndpointResult& endpoint : result.endpoints)
        for (const ArmKind arm : {ArmKind::cached, ArmKind::uncached}) {
            CHECK(endpoint.arms.at(arm).requests == 50);
            CHECK(endpoint.arms.at(arm).errors == Errors{});
            CHECK(endpoint.arms.at(arm).censored.empty());
        }
    CHECK(result.blocks.size() == 4);
    for (const ArmKind arm : {ArmKind::cached, ArmKind::uncached})
        CHECK(result.cpu_seconds(arm).value_or(0) > 0);
    CHECK(seconds_in_all(result) >= 0.995); // the last of 200 is due 199 intervals after the first
    CHECK(result.endpoints[0].equality.mismatched == 0);
}

TEST_CASE("at a rate a duration says how many requests there are", "[bench][rate]") {
    OddServer server;
    bench::Plan plan = at_rate(single_plan(server.url("/ok")), 100, 4);
    plan.duration = std::chrono::seconds(1);
    plan.blocks = 7;
    const bench::Result result = measure(plan);
    // What connecting and the first request took is the duration's too.
    CHECK(single_tally(result).requests <= 100);
    CHECK(single_tally(result).requests > 50);
    CHECK(result.blocks.size() == 7);
    plan.duration_cap = 10;
    CHECK(single_tally(measure(plan)).requests == 10);
}

TEST_CASE("requests that time out count in the quantiles", "[bench][rate]") {
    OddServer server;
    bench::Plan plan = at_rate(single_plan(server.url("/silent"), 20), 200, 20);
    plan.timeout = std::chrono::milliseconds(300);
    const bench::Result result = measure(plan);
    const bench::Tally& tally = single_tally(result);
    CHECK(tally.errors == Errors{{"timeout", 20}});
    CHECK(tally.latency.empty());
    CHECK(tally.censored.count() == 20);
    CHECK(tally.censored.min_ns() >= 300'000'000);
    CHECK(tally.ranked().quantile_ns(0.5) >= 300'000'000);
}

TEST_CASE("requests that find no connection wait, and are given up after the timeout", "[bench][rate]") {
    OddServer server;
    bench::Plan plan = at_rate(single_plan(server.url("/silent"), 50), 1000, 2);
    plan.timeout = std::chrono::milliseconds(300);
    const bench::Result result = measure(plan);
    const bench::Tally& tally = single_tally(result);
    CHECK(tally.requests == 50);
    REQUIRE(tally.errors.contains("unsent"));
    CHECK(tally.errors.at("timeout") + tally.errors.at("unsent") == 50);
    CHECK(tally.censored.count() == 50);
    CHECK(tally.censored.min_ns() >= 300'000'000);
}

TEST_CASE("at a rate a server that is gone is tried on schedule", "[bench][rate]") {
    std::string url;
    {
        OddServer server;
        url = server.url("/ok");
    }
    const bench::Result result = measure(at_rate(single_plan(url, 40), 200, 4));
    CHECK(single_tally(result).errors == Errors{{"connect", 40}});
    CHECK(single_tally(result).censored.empty());
    CHECK(result.pooled(ArmKind::single).requests == 40);
}

TEST_CASE("a wait for a connection is part of the latency", "[bench][rate]") {
    OddServer server;
    // One connection, and an answer takes some 50 ms: the tenth request is due long before it can be sent.
    bench::Plan plan = at_rate(single_plan(server.url("/slowly"), 10), 1000, 1);
    const bench::Result result = measure(plan);
    const bench::Tally& tally = single_tally(result);
    REQUIRE(tally.latency.count() == 10);
    CHECK(tally.latency.max_ns() > 3 * tally.latency.min_ns());
}
