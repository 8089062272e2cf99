#include "src/bench/load/workers.hpp"
#include "src/core/error.hpp"
#include "tests/bench/engine_support.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>

using namespace roacache;
using bench::ArmKind;
using bench::Errors;
using test::measure;
using test::OddServer;
using test::pair_plan;
using test::single_plan;
using test::single_tally;

namespace {

bench::Plan on_threads(bench::Plan plan, unsigned threads, unsigned connections) {
    plan.threads = threads;
    plan.concurrency = connections;
    return plan;
}

/// Entries that are always there to be removed, and counted.
class CountingStore final : public bench::CacheStore {
  public:
    void find_entries() override {}
    void remove(std::size_t) override { ++removed; }
    bench::StoreCounters counters() override { return {}; }

    std::uint64_t removed = 0;
};

} // namespace

TEST_CASE("several threads send as many requests as were asked for", "[bench][threads]") {
    OddServer server;
    const std::vector<std::string> urls{server.url("/cache/same"), server.url("/ok"), server.url("/chunked")};
    for (const unsigned threads : {2U, 3U, 7U}) {
        INFO(threads);
        bench::Plan plan = on_threads(pair_plan(urls, 101), threads, 7);
        plan.endpoints[1].weight = 2;
        plan.blocks = 7;
        plan.warmup = 5;
        const bench::Result result = measure(plan);
        REQUIRE(result.blocks.size() == 14);
        for (std::size_t i = 0; i < result.blocks.size(); i += 2)
            for (std::size_t e = 0; e < 3; ++e)
                CHECK(result.blocks[i].endpoints[e].requests == result.blocks[i + 1].endpoints[e].requests);
        for (std::size_t e = 0; e < 3; ++e) {
            const std::uint64_t weight = e == 1 ? 2 : 1;
            const bench::EndpointResult& endpoint = result.endpoints[e];
            for (const ArmKind arm : plan.arms()) {
                CHECK(endpoint.arms.at(arm).requests == weight * 101);
                CHECK(endpoint.arms.at(arm).errors == Errors{});
                CHECK(endpoint.arms.at(arm).latency.count() == weight * 101);
                CHECK(endpoint.arms.at(arm).connects == 0); // for they were all open before
                test::check_sound(endpoint.arms.at(arm));
            }
            CHECK(endpoint.equality.mismatched == 0);
            CHECK(endpoint.equality.compared == weight * (2 * 101 + 2 * 5) + 1);
        }
        CHECK(result.connecting.connect.count() >= 7);
        for (const ArmKind arm : plan.arms())
            CHECK(result.generator_busy(arm).value_or(0) > 0);
    }
}

TEST_CASE("the blocks of several threads do not overlap", "[bench][threads]") {
    OddServer server;
    bench::Plan plan = on_threads(single_plan(server.url("/slowly"), 60), 3, 6);
    plan.blocks = 10;
    const bench::Result result = measure(plan);
    REQUIRE(result.blocks.size() == 10);
    for (std::size_t i = 1; i < result.blocks.size(); ++i)
        CHECK(result.blocks[i].started_s >= result.blocks[i - 1].started_s + result.blocks[i - 1].seconds);
}

TEST_CASE("every thread takes part", "[bench][threads]") {
    OddServer server;
    const bench::Plan plan = on_threads(single_plan(server.url("/ok"), 100'000), 3, 6);
    const bench::Workload workload = bench::prepare(plan);
    bench::Workers workers(plan, workload);
    const std::int64_t end = core::now_ns() + 300'000'000;
    bench::Live live(3);
    const bench::Worker::Outcome outcome = workers.run(
        {ArmKind::single, bench::EndpointOrder({0}, {}, 1, 0), 6, end, bench::Worker::k_never, &live});
    std::uint64_t all = 0;
    for (const bench::Live::Counts& counts : live.counts) {
        CHECK(counts.requests > 0);
        all += counts.requests;
    }
    CHECK(all == outcome.endpoints[0].requests);
    CHECK(outcome.endpoints[0].connects == 6);
    CHECK(outcome.ended_ns >= end);
}

TEST_CASE("fewer requests than threads are enough", "[bench][threads]") {
    OddServer server;
    const bench::Result result = measure(on_threads(pair_plan({server.url("/cache/same")}, 2), 8, 8));
    CHECK(result.endpoints[0].arms.at(ArmKind::cached).latency.count() == 2);
    CHECK(result.endpoints[0].arms.at(ArmKind::uncached).latency.count() == 2);
}

TEST_CASE("threads hold a duration", "[bench][threads]") {
    OddServer server;
    for (const std::string path : {"/drip-second", "/nothing", "/cache/same"}) {
        INFO(path);
        bench::Plan plan = on_threads(pair_plan({server.url(path)}), 3, 8);
        plan.duration = std::chrono::seconds(1);
        plan.timeout = std::chrono::milliseconds(500);
        plan.blocks = 10;
        const auto start = std::chrono::steady_clock::now();
        const bench::Result result = measure(plan);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(6));
        CHECK_FALSE(result.partial);
        CHECK_FALSE(result.blocks.empty());
    }
}

TEST_CASE("at a rate the threads send what one would, when it would", "[bench][threads][rate]") {
    OddServer server;
    bench::Plan plan = on_threads(pair_plan({server.url("/cache/same"), server.url("/ok")}, 50), 3, 8);
    plan.rate = 200;
    plan.blocks = 5;
    const bench::Result result = measure(plan);
    for (const bench::EndpointResult& endpoint : result.endpoints)
        for (const ArmKind arm : {ArmKind::cached, ArmKind::uncached}) {
            CHECK(endpoint.arms.at(arm).requests == 50);
            CHECK(endpoint.arms.at(arm).errors == Errors{});
        }
    REQUIRE(result.blocks.size() == 10);
    // The first of each block's 20 requests is due 20 intervals after that of the block before.
    for (std::size_t i = 1; i < result.blocks.size(); ++i) {
        CHECK(result.blocks[i].started_s - result.blocks[i - 1].started_s == Approx(0.1).margin(1e-6));
        CHECK(result.blocks[i - 1].seconds == Approx(0.1).margin(1e-6));
    }
}

TEST_CASE("at a rate a block may have fewer requests than there are threads", "[bench][threads][rate]") {
    OddServer server;
    bench::Plan plan = on_threads(pair_plan({server.url("/cache/same")}, 10), 4, 8);
    plan.rate = 100;
    plan.blocks = 10;
    const bench::Result result = measure(plan);
    REQUIRE(result.blocks.size() == 20);
    for (std::size_t i = 1; i < result.blocks.size(); ++i)
        CHECK(result.blocks[i].started_s - result.blocks[i - 1].started_s == Approx(0.01).margin(1e-6));
    for (const bench::Block& block : result.blocks)
        CHECK(block.endpoints[0].requests == 1);
}

TEST_CASE("what finds no connection is given up by every thread", "[bench][threads][rate]") {
    OddServer server;
    bench::Plan plan = on_threads(single_plan(server.url("/silent"), 50), 2, 2);
    plan.rate = 1000;
    plan.timeout = std::chrono::milliseconds(300);
    const bench::Result result = measure(plan);
    const bench::Tally& tally = single_tally(result);
    CHECK(tally.requests == 50);
    REQUIRE(tally.errors.contains("unsent"));
    CHECK(tally.errors.at("timeout") + tally.errors.at("unsent") == 50);
    CHECK(tally.censored.count() == 50);
    CHECK(tally.censored.min_ns() >= 300'000'000);
}

TEST_CASE("what several threads see of the answers is put together", "[bench][threads][equality]") {
    OddServer server;
    const bench::Result wrong = measure(on_threads(pair_plan({server.url("/cache/body")}, 60), 3, 6));
    const bench::Equality& equality = wrong.endpoints[0].equality;
    CHECK(equality.compared == 2 * 60 + 1);
    CHECK(equality.mismatched == 61);
    REQUIRE(equality.mismatches.size() == 1);
    CHECK(equality.mismatches[0].count == 61);
    CHECK(equality.mismatches[0].arm == ArmKind::cached);

    // The first uncached answer fails, so that threads race for the first good one.
    const bench::Result late = measure(on_threads(pair_plan({server.url("/cache/fails-first")}, 60), 3, 6));
    CHECK(late.endpoints[0].first_error.at(ArmKind::uncached) == "http_5xx");
    CHECK(late.endpoints[0].equality.mismatched == 0);
    CHECK(late.endpoints[0].equality.compared >= 60 - 1);

    for (const std::string path : {"/cache/stamped", "/cache/stamped-stale"}) {
        bench::Plan stamped = on_threads(pair_plan({server.url(path)}, 60), 3, 6);
        for (const char* ignored : {"/cached", "/meta"})
            stamped.endpoints[0].ignored.push_back(bench::parse_json_path(ignored, ""));
        const bench::Result result = measure(stamped);
        CHECK(result.endpoints[0].equality.mismatched == (path == "/cache/stamped" ? 0 : 61));
    }
}

TEST_CASE("threads force misses in rounds, and stampede in a body", "[bench][threads]") {
    OddServer server;
    CountingStore store;
    bench::Plan plan = on_threads(pair_plan({server.url("/ok"), server.url("/chunked")}, 30), 2, 2);
    plan.hit_headers.clear();
    plan.forced = ArmKind::miss;
    plan.stampede = {4, 9};
    const bench::Result result = bench::Run(plan, {&store}).measure();
    for (const bench::EndpointResult& endpoint : result.endpoints) {
        CHECK(endpoint.arms.at(ArmKind::miss).requests == 30);
        CHECK(endpoint.arms.at(ArmKind::miss).errors == Errors{});
        REQUIRE(endpoint.stampede);
        REQUIRE(endpoint.stampede->rounds.size() == 4);
        for (const bench::StampedeRound& round : endpoint.stampede->rounds) {
            CHECK(round.requests == 9);
            CHECK(round.latency.count() == 9);
        }
    }
    CHECK(store.removed == 2 * (30 + 1 + 4));
}

TEST_CASE("threads over TLS", "[bench][threads][tls]") {
    test::NginxServer server(R"(location /once { keepalive_timeout 0; return 200 "once"; })", true);
    bench::Plan plan = on_threads(single_plan(server.url("/once"), 60), 3, 6);
    plan.tls.cacert = server.certificate();
    const bench::Result result = measure(plan);
    CHECK(single_tally(result).errors == Errors{});
    CHECK(single_tally(result).connects == 60);
    CHECK(result.connecting.tls.count() >= 60);
}

TEST_CASE("no more threads than connections", "[bench][threads]") {
    for (const unsigned threads : {0U, 5U}) {
        try {
            bench::Run run(on_threads(single_plan("http://127.0.0.1:1/"), threads, 4));
            FAIL("it was taken");
        } catch (const core::Error& error) {
            CHECK(error.code() == core::ExitCode::usage);
        }
    }
}
