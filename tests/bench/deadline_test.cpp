#include "src/core/error.hpp"
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

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

TEST_CASE("a request that is not answered in time is a timeout", "[bench][deadline]") {
    OddServer server;
    for (const std::string path : {"/silent", "/drip", "/flood", "/interims"}) {
        INFO(path);
        bench::Plan plan = single_plan(server.url(path), 8);
        plan.timeout = std::chrono::milliseconds(300);
        const bench::Result result = measure(plan);
        CHECK(single_tally(result).errors == Errors{{"timeout", 8}});
        CHECK(single_tally(result).latency.empty());
        CHECK(single_tally(result).connects == 8);
        CHECK(result.endpoints[0].first_error.at(ArmKind::single) == "timeout");
    }
}

TEST_CASE("a duration holds, whatever the server does", "[bench][deadline]") {
    OddServer server;
    for (const std::string path : {"/drip-second", "/flood", "/silent", "/nothing", "/cache/same"}) {
        INFO(path);
        bench::Plan plan = pair_plan({server.url(path)});
        plan.duration = std::chrono::seconds(2);
        plan.timeout = std::chrono::seconds(1);
        plan.blocks = 30;
        bench::Result result;
        const double seconds = seconds_of([&] { result = measure(plan); });
        CHECK(seconds < 9); // 3 on a quiet machine; 60 blocks of a timeout each would be 60
        CHECK(seconds > 1.5);
        CHECK_FALSE(result.partial);
        REQUIRE_FALSE(result.blocks.empty());
        std::uint64_t ended = 0;
        for (const auto& [arm, tally] : result.endpoints[0].arms)
            ended += tally.requests;
        CHECK(ended > 0);
    }
}

TEST_CASE("a duration is shared evenly by all blocks, and a cap ends it", "[bench][deadline]") {
    OddServer server;
    bench::Plan plan = pair_plan({server.url("/cache/same")});
    plan.duration = std::chrono::seconds(2);
    plan.blocks = 5;
    const bench::Result result = measure(plan);
    REQUIRE(result.blocks.size() == 10);
    CHECK(result.seconds.at(ArmKind::cached) + result.seconds.at(ArmKind::uncached) < 8);
    for (const bench::Block& block : result.blocks)
        CHECK(block.endpoints[0].requests > 0);

    plan.duration = std::chrono::minutes(10);
    plan.duration_cap = 50;
    const bench::Result capped = measure(plan);
    CHECK(capped.endpoints[0].arms.at(ArmKind::cached).requests == 50);
    CHECK(capped.endpoints[0].arms.at(ArmKind::uncached).requests == 50);
}

TEST_CASE("a server that dies ends the run soon, with every request counted", "[bench][deadline]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/then-exit/100"), 2000);
    plan.blocks = 10;
    bench::Result result;
    const double seconds = seconds_of([&] { result = measure(plan); });
    CHECK(seconds < 40);
    const bench::Tally& tally = single_tally(result);
    CHECK(tally.requests == 2000);
    CHECK(tally.latency.count() < 100);
    CHECK(tally.latency.count() > 80);
    test::check_sound(tally);
    for (const auto& [error, count] : tally.errors)
        CHECK((error == "closed" || error == "connect"));
    CHECK(tally.errors.at("connect") > 1800);
}

TEST_CASE("a server that is not there is refused beforehand, or counted", "[bench][deadline]") {
    OddServer server;
    const std::string url = server.url("/ok");
    server.process().kill();
    bench::Run run(single_plan(url));
    REQUIRE_THROWS_AS(run.check_reachable(), core::Error);
    try {
        run.check_reachable();
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::unreachable);
        CHECK(error.what() ==
              "cannot connect: 127.0.0.1:" + std::to_string(server.port()) + ": connection refused");
    }
    const bench::Result result = run.measure();
    CHECK(single_tally(result).errors == Errors{{"connect", 20}});
    CHECK(result.endpoints[0].first_error.at(ArmKind::single) == "connect");
}

TEST_CASE("a failing server is not hammered", "[bench][deadline]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/nothing"));
    plan.duration = std::chrono::seconds(2);
    const bench::Result result = measure(plan);
    CHECK(single_tally(result).errors.count("closed") == 1);
    CHECK(single_tally(result).requests < 400); // 4 slots, 100 ms apart when the pauses have grown
}
