#include "tests/bench/engine_support.hpp"

#include <algorithm>
#include <string>

using namespace roacache;
using bench::ArmKind;
using test::measure;

namespace {

/// 20 ms without the cache, 4 ms with it.
bench::Plan plan_of(const test::PythonServer& server, const std::string& path, unsigned connections) {
    bench::Plan plan = test::pair_plan({server.url(path)}, 60);
    plan.concurrency = connections;
    plan.blocks = 10;
    return plan;
}

} // namespace

TEST_CASE("where entries expire while the uncached arm runs, the cached arm's own hit rate is told",
          "[bench][expiring]") {
    const test::PythonServer server("tests/bench/expiring_server.py");
    for (const unsigned connections : {1U, 4U}) {
        INFO(connections);
        const bench::Result result = measure(plan_of(server, "/ttl/0.03", connections));
        const bench::Tally cached = result.pooled(ArmKind::cached);
        CHECK(result.blocks_begun_with_misses() > 1);
        CHECK(cached.leading_misses >= result.blocks_begun_with_misses());
        CHECK(cached.requests == 60);
        CHECK(result.endpoints[0].equality.compared == 121);
        REQUIRE(result.alone);
        const bench::Tally alone = result.alone->pooled(ArmKind::cached);
        // 4 ms each: it lasts longer than the entries live.
        CHECK(alone.proven_misses + alone.leading_misses > 0);
        CHECK(alone.proven_hits + alone.proven_misses == alone.answered());
        CHECK(alone.requests <= 70);
        CHECK(result.hit_rate_is_alone());
        CHECK(result.only(0).hit_rate_is_alone());
    }
}

TEST_CASE("where entries outlive the run no block begins with misses", "[bench][expiring]") {
    const test::PythonServer server("tests/bench/expiring_server.py");
    for (const char* path : {"/ttl/100", "/renewed/100"}) {
        const bench::Result result = measure(plan_of(server, path, 2));
        CHECK(result.blocks_begun_with_misses() == 0);
        CHECK_FALSE(result.hit_rate_is_alone());
        REQUIRE(result.alone);
        CHECK(result.alone->pooled(ArmKind::cached).hit_rate() == 1.0);
        CHECK(result.pooled(ArmKind::cached).hit_rate() == 1.0);
    }
}

TEST_CASE("the first request of each connection, and of each endpoint, leads a block in",
          "[bench][expiring]") {
    const test::PythonServer server("tests/bench/expiring_server.py");
    std::vector<std::string> urls;
    for (int i = 0; i < 5; ++i)
        urls.push_back(server.url("/ttl/0.0" + std::to_string(3 + i)));
    for (const unsigned connections : {1U, 8U}) {
        INFO(connections);
        bench::Plan plan = test::pair_plan(urls, 20);
        plan.concurrency = connections;
        plan.blocks = 10;
        const bench::Result result = measure(plan);
        for (const bench::Block& block : result.blocks) {
            std::uint64_t fillers = 0;
            for (const bench::Tally& tally : block.endpoints) {
                CHECK(tally.fillers > 0);
                fillers += tally.fillers;
            }
            CHECK(fillers >= std::max(connections, 5U));
        }
    }
}
