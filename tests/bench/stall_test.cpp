#include "tests/bench/engine_support.hpp"

using namespace roacache;
using bench::ArmKind;
using test::measure;
using test::OddServer;
using test::single_plan;

namespace {

/// Of the server's 300th request on nobody is answered for half a second.
constexpr double k_stall_s = 0.5;

/// The stall, and nothing else that is as long: a busy machine may add short ones of its own.
void check_stall(const bench::Result& result) {
    const auto stall =
        std::max_element(result.stalls.begin(), result.stalls.end(),
                         [](const bench::Stall& a, const bench::Stall& b) { return a.seconds < b.seconds; });
    REQUIRE(stall != result.stalls.end());
    CHECK(stall->arm == ArmKind::single);
    CHECK(stall->seconds > 0.9 * k_stall_s);
    const auto block = std::find_if(result.blocks.begin(), result.blocks.end(), [&](const bench::Block& one) {
        return one.started_s <= stall->started_s && stall->started_s <= one.started_s + one.seconds;
    });
    REQUIRE(block != result.blocks.end());
    const bench::Histogram& latency = block->endpoints[0].latency;
    CHECK(static_cast<double>(latency.max_ns()) > 0.9 * k_stall_s * 1e9);
}

} // namespace

TEST_CASE("a server that stands still is found out in a closed loop", "[bench][stall]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/stalls"), 2000);
    plan.blocks = 10;
    check_stall(measure(plan));
}

TEST_CASE("a server that stands still is found out at a rate", "[bench][stall]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/stalls"), 1000);
    plan.blocks = 10;
    plan.rate = 500;
    plan.concurrency = 20;
    check_stall(measure(plan));
}

TEST_CASE("a server that stands still to all threads is found out", "[bench][stall][threads]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/stalls"), 2000);
    plan.blocks = 4;
    plan.threads = 4; // with a connection each
    check_stall(measure(plan));
}

TEST_CASE("one request alone may be slow, and is no stall", "[bench][stall]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/stalls"), 1000);
    plan.concurrency = 1;
    const bench::Result result = measure(plan);
    CHECK(static_cast<double>(test::single_tally(result).latency.max_ns()) > 0.9 * k_stall_s * 1e9);
    CHECK(result.stalls.empty());
}

TEST_CASE("a server that never comes back stood still until the end", "[bench][stall]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/stalls-for-good"), 303);
    plan.blocks = 1;
    plan.timeout = std::chrono::milliseconds(400);
    const bench::Result result = measure(plan);
    const bench::Tally& tally = test::single_tally(result);
    CHECK(tally.errors.at("timeout") >= 4);
    CHECK(tally.errors.at("timeout") == 303 - tally.latency.count());
    REQUIRE(result.stalls.size() == 1);
    CHECK(result.stalls[0].seconds > 0.36);
}
