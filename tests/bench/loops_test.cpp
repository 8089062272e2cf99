#include "src/bench/stats/statistics.hpp"
#include "tests/bench/engine_support.hpp"

#include <chrono>

using namespace roacache;
using bench::ArmKind;
using bench::Quantity;
using test::measure;
using test::OddServer;
using test::pair_plan;
using test::single_plan;
using test::single_tally;

namespace {

double p90_ms(const bench::Result& result) {
    return single_tally(result).ranked().quantile_ns(0.9) / 1e6;
}

bench::Plan both_loops(bench::Plan plan, double rate) {
    plan.rate = rate;
    plan.concurrency = 100;
    plan.closed_loop = 2;
    plan.blocks = 10;
    return plan;
}

} // namespace

TEST_CASE("next to the open loop a closed one is seen to hide what callers wait", "[bench][loops]") {
    OddServer server;
    bench::Plan plan = both_loops(single_plan(server.url("/freezes")), 200);
    plan.duration = std::chrono::seconds(8);
    plan.timeout = std::chrono::seconds(2);
    const bench::Result result = measure(plan);
    REQUIRE(result.closed_loop != nullptr);
    // One of five requests that are due waits for 0 to 200 ms; of two callers only one request each does.
    CHECK(p90_ms(result) > 60);
    CHECK(p90_ms(*result.closed_loop) < p90_ms(result) / 2);
    CHECK(single_tally(result).requests <= 800);
    CHECK(single_tally(result).requests > 500); // what the closed loop overran its time by is taken off
    CHECK(single_tally(*result.closed_loop).requests > 0);
    const auto loops = bench::compare_loops(result);
    REQUIRE(loops);
    CHECK(loops->closed_by_open.at(ArmKind::single).at(Quantity::mean).ci_high < 1);
    CHECK(loops->arms.empty());
}

TEST_CASE("both loops make all requests of both arms, taking turns", "[bench][loops]") {
    OddServer server;
    bench::Plan plan = both_loops(pair_plan({server.url("/cache/same")}, 103), 400);
    plan.timeout = std::chrono::milliseconds(60); // so that the loops have four turns each
    const bench::Result result = measure(plan);
    REQUIRE(result.closed_loop != nullptr);
    for (const bench::Result* loop : {&result, static_cast<const bench::Result*>(result.closed_loop.get())}) {
        CHECK(loop->blocks.size() == 20);
        for (const ArmKind arm : {ArmKind::cached, ArmKind::uncached}) {
            const bench::Tally& tally = loop->endpoints[0].arms.at(arm);
            CHECK(tally.requests == 103);
            CHECK(tally.proven_hits == (arm == ArmKind::cached ? tally.latency.count() : 0));
        }
    }
    CHECK(result.closed_loop->blocks.front().started_s < result.blocks.back().started_s);
    CHECK(result.blocks.front().started_s < result.closed_loop->blocks.back().started_s);
}

TEST_CASE("a duration holds for both loops together", "[bench][loops][deadline]") {
    OddServer server;
    for (const std::string path : {"/silent", "/cache/same"}) {
        INFO(path);
        bench::Plan plan = both_loops(pair_plan({server.url(path)}), 50);
        plan.duration = std::chrono::seconds(2);
        plan.timeout = std::chrono::seconds(1);
        const auto start = std::chrono::steady_clock::now();
        const bench::Result result = measure(plan);
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        CHECK(seconds < 9); // 3 on a quiet machine
        CHECK_FALSE(result.partial);
        CHECK_FALSE(result.blocks.empty());
    }
}
