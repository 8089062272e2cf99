#include "src/core/error.hpp"
#include "tests/bench/engine_support.hpp"

#include <set>
#include <thread>

using namespace roacache;
using bench::ArmKind;
using bench::Errors;
using test::measure;
using test::OddServer;
using test::pair_plan;
using test::single_plan;
using test::single_tally;

TEST_CASE("every arm and endpoint gets its requests, in blocks of pairs", "[bench][run]") {
    OddServer server;
    const std::vector<std::string> urls{server.url("/cache/same"), server.url("/ok"), server.url("/chunked")};
    bench::Plan plan = pair_plan(urls, 101);
    plan.blocks = 7;
    plan.warmup = 5;
    plan.concurrency = 5;
    const bench::Result result = measure(plan);
    REQUIRE(result.blocks.size() == 14);
    REQUIRE(result.endpoints.size() == 3);
    std::set<std::string> orders;
    for (std::size_t i = 0; i < result.blocks.size(); i += 2) {
        const bench::Block& one = result.blocks[i];
        const bench::Block& other = result.blocks[i + 1];
        CHECK(one.pair == other.pair);
        CHECK(one.arm != other.arm);
        CHECK(one.started_s <= other.started_s);
        CHECK(one.seconds > 0);
        CHECK(one.endpoints.size() == 3);
        orders.insert(name_of(one.arm));
        for (std::size_t e = 0; e < 3; ++e)
            CHECK(one.endpoints[e].requests == other.endpoints[e].requests);
    }
    CHECK(orders.size() == 2);
    for (const bench::EndpointResult& endpoint : result.endpoints) {
        for (const ArmKind arm : plan.arms()) {
            CHECK(endpoint.arms.at(arm).requests == 101);
            CHECK(endpoint.arms.at(arm).errors == Errors{});
            CHECK(endpoint.arms.at(arm).latency.count() == 101);
            CHECK(endpoint.first_ms.at(arm) > 0);
        }
        CHECK(endpoint.equality.mismatched == 0);
        CHECK(endpoint.equality.compared == 2 * 101 + 2 * 5 + 1);
    }
    CHECK(result.pooled(ArmKind::cached).requests == 303);
    CHECK(result.seconds.at(ArmKind::cached) > 0);
    CHECK(result.seconds.at(ArmKind::uncached) > 0);
    CHECK(result.cpu_seconds().value_or(0) > 0);
    for (const ArmKind arm : {ArmKind::cached, ArmKind::uncached}) {
        CHECK(result.cpu_seconds(arm).value_or(0) > 0);
        CHECK(result.generator_busy(arm).value_or(0) > 0);
    }
    CHECK(result.started_utc.size() == 20);
    CHECK(result.endpoints[1].name == urls[1]);
}

TEST_CASE("one request and one connection are enough", "[bench][run]") {
    OddServer server;
    bench::Plan plan = pair_plan({server.url("/cache/same")}, 1);
    plan.concurrency = 1;
    const bench::Result result = measure(plan);
    CHECK(result.blocks.size() == 2);
    CHECK(result.endpoints[0].arms.at(ArmKind::cached).latency.count() == 1);
    plan.concurrency = 50;
    CHECK(measure(plan).endpoints[0].arms.at(ArmKind::cached).latency.count() == 1);
}

TEST_CASE("endpoints on several servers keep a connection to each", "[bench][run]") {
    OddServer one;
    OddServer other;
    bench::Plan plan = single_plan(one.url("/ok"), 50);
    plan.endpoints.push_back(plan.endpoints[0]);
    plan.endpoints[1].single = test::get(other.url("/ok"));
    const bench::Result result = measure(plan);
    CHECK(result.pooled(ArmKind::single).requests == 100);
    CHECK(result.pooled(ArmKind::single).errors == Errors{});
    CHECK(result.pooled(ArmKind::single).connects == 0);
}

TEST_CASE("one endpoint that fails leaves the others alone", "[bench][run]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/ok"), 40);
    for (const char* path : {"/reset", "/rubbish", "/404"}) {
        plan.endpoints.push_back(plan.endpoints[0]);
        plan.endpoints.back().single = test::get(server.url(path));
    }
    const bench::Result result = measure(plan);
    const auto errors = [&](std::size_t i) { return result.endpoints[i].arms.at(ArmKind::single).errors; };
    CHECK(errors(0) == Errors{});
    CHECK(errors(1) == Errors{{"closed", 40}});
    CHECK(errors(2) == Errors{{"protocol", 40}});
    CHECK(errors(3) == Errors{{"http_4xx", 40}});
}

TEST_CASE("what must not be sent twice is not sent again", "[bench][run]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/quits-after/2"), 40);
    plan.concurrency = 1;
    plan.endpoints[0].single->method = "POST";
    const bench::Result result = measure(plan);
    const bench::Tally& tally = single_tally(result);
    CHECK(tally.requests == 40);
    test::check_sound(tally);
    for (const auto& [error, count] : tally.errors)
        CHECK(error == "closed");
}

TEST_CASE("requests arrive as they were given", "[bench][run]") {
    OddServer server;
    bench::Plan plan = pair_plan({server.url("/echo")}, 5);
    plan.endpoints[0].cached->method = "PUT";
    plan.endpoints[0].cached->body = "payload";
    plan.endpoints[0].cached->headers = {{"X-Own", "1"}};
    plan.endpoints[0].uncached->headers = {{"User-Agent", "other"}};
    const bench::Result result = measure(plan);
    const bench::Mismatch& mismatch = result.endpoints[0].equality.mismatches.at(0);
    CHECK(mismatch.difference->offset == 0);
    CHECK(mismatch.difference->expected == "GET /echo HTTP/1.1\\x0a"
                                           "H");
    CHECK(mismatch.difference->found == "PUT /echo HTTP/1.1\\x0a"
                                        "H");
}

TEST_CASE("progress is reported from the calling thread and grows to the end", "[bench][run]") {
    OddServer server;
    bench::Plan plan = pair_plan({server.url("/cache/same")}, 0);
    plan.duration = std::chrono::seconds(1);
    std::vector<bench::Progress> seen;
    const auto here = std::this_thread::get_id();
    const bench::Result result = bench::Run(plan).measure([&](const bench::Progress& progress) {
        CHECK(std::this_thread::get_id() == here);
        seen.push_back(progress);
    });
    REQUIRE(seen.size() >= 2);
    for (std::size_t i = 1; i < seen.size(); ++i) {
        CHECK(seen[i].requests >= seen[i - 1].requests);
        CHECK(seen[i].block >= seen[i - 1].block);
        CHECK(seen[i].fraction >= 0);
        CHECK(seen[i].fraction <= 1);
        CHECK(seen[i].blocks == 4);
    }
    CHECK(seen.back().block == result.blocks.size());
    CHECK(seen.back().requests ==
          result.pooled(ArmKind::cached).requests + result.pooled(ArmKind::uncached).requests);
    CHECK(seen.back().errors == 0);
}

TEST_CASE("a plan that cannot be run is refused", "[bench][run]") {
    const bench::Plan good = pair_plan({"http://127.0.0.1:1/"});
    const auto refused = [&](auto change) {
        bench::Plan plan = good;
        change(plan);
        try {
            bench::Run run(plan);
            return false;
        } catch (const core::Error& error) {
            return error.code() == core::ExitCode::usage;
        }
    };
    CHECK_FALSE(refused([](bench::Plan&) {}));
    CHECK(refused([](bench::Plan& plan) { plan.endpoints.clear(); }));
    CHECK(refused([](bench::Plan& plan) { plan.endpoints[0].uncached.reset(); }));
    CHECK(refused([](bench::Plan& plan) { plan.single = true; }));
    CHECK(refused([](bench::Plan& plan) { plan.concurrency = 0; }));
    CHECK(refused([](bench::Plan& plan) { plan.concurrency = 100'000'000; }));
    CHECK(refused([](bench::Plan& plan) { plan.requests = 0; }));
    CHECK(refused([](bench::Plan& plan) { plan.timeout = {}; }));
    CHECK(refused([](bench::Plan& plan) { plan.endpoints[0].cached->headers = {{"bad name", "x"}}; }));
}

TEST_CASE("a host that does not exist is unreachable", "[bench][run]") {
    try {
        bench::Run run(single_plan("http://no-such-host.invalid/"));
        FAIL("it was resolved");
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::unreachable);
    }
}
