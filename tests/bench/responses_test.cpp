#include "tests/bench/engine_support.hpp"

using namespace roacache;
using bench::Errors;
using test::check_sound;
using test::measure;
using test::OddServer;
using test::single_plan;
using test::single_tally;

namespace {

struct Good {
    std::string path;
    int status;
    std::uint64_t connects; // for 20 requests by 4 connections that the first request has opened none of
};

constexpr std::uint64_t k_requests = 20;

} // namespace

TEST_CASE("good responses of every framing are measured", "[bench][engine]") {
    OddServer server;
    const std::vector<Good> cases{
        {"/ok", 200, 0},           {"/empty", 200, 0},         {"/chunked", 200, 0}, {"/chunked-odd", 200, 0},
        {"/until-close", 200, 20}, {"/close", 200, 20},        {"/http10", 200, 20}, {"/http10-keep", 200, 0},
        {"/204", 204, 0},          {"/304", 304, 0},           {"/interim", 200, 0}, {"/folded", 200, 0},
        {"/bare-lf", 200, 0},      {"/large-headers", 200, 0}, {"/slowly", 200, 0},
    };
    for (const Good& good : cases) {
        INFO(good.path);
        const bench::Result result = measure(single_plan(server.url(good.path), k_requests));
        const bench::Tally& tally = single_tally(result);
        CHECK(tally.requests == k_requests);
        CHECK(tally.errors == Errors{});
        CHECK(tally.statuses == std::map<int, std::uint64_t>{{good.status, k_requests}});
        CHECK(tally.latency.count() == k_requests);
        CHECK(tally.connects == good.connects);
        CHECK(tally.bytes >= k_requests * 20);
        CHECK(result.endpoints[0].first_ms.at(bench::ArmKind::single) > 0);
        CHECK(result.endpoints[0].first_error.empty());
        CHECK(result.blocks.size() == 2);
        CHECK_FALSE(result.partial);
        check_sound(tally);
    }
}

TEST_CASE("what goes wrong is counted by class and never in a latency", "[bench][engine]") {
    OddServer server;
    const std::vector<std::pair<std::string, std::string>> cases{
        {"/partial", "closed"},         {"/partial-head", "closed"},  {"/partial-chunk", "closed"},
        {"/no-last-chunk", "closed"},   {"/nothing", "closed"},       {"/reset", "closed"},
        {"/rubbish", "protocol"},       {"/ssh", "protocol"},         {"/bad-length", "protocol"},
        {"/two-lengths", "protocol"},   {"/long-length", "protocol"}, {"/bad-chunk", "protocol"},
        {"/huge-chunk", "protocol"},    {"/nul", "protocol"},         {"/upgrade", "protocol"},
        {"/left-over", "protocol"},     {"/pipelined", "protocol"},   {"/204-body", "protocol"},
        {"/huge-headers", "too_large"},
    };
    for (const auto& [path, error] : cases) {
        INFO(path);
        const bench::Result result = measure(single_plan(server.url(path), k_requests));
        const bench::Tally& tally = single_tally(result);
        CHECK(tally.requests == k_requests);
        CHECK(tally.errors == Errors{{error, k_requests}});
        CHECK(tally.statuses.empty());
        CHECK(tally.latency.empty());
        CHECK(tally.connects == k_requests);
        CHECK(result.endpoints[0].first_ms.empty());
        CHECK(result.endpoints[0].first_error.at(bench::ArmKind::single) == error);
        CHECK_FALSE(result.partial);
    }
}

TEST_CASE("refusals by status are errors of whole responses", "[bench][engine]") {
    OddServer server;
    const std::vector<std::tuple<std::string, int, std::string, std::uint64_t>> cases{
        {"/404", 404, "http_4xx", 0}, {"/503", 503, "http_5xx", 0}, {"/503-close", 503, "http_5xx", 20}};
    for (const auto& [path, status, error, connects] : cases) {
        INFO(path);
        const bench::Result result = measure(single_plan(server.url(path), k_requests));
        const bench::Tally& tally = single_tally(result);
        CHECK(tally.errors == Errors{{error, k_requests}});
        CHECK(tally.statuses == std::map<int, std::uint64_t>{{status, k_requests}});
        CHECK(tally.latency.empty());
        CHECK(tally.connects == connects);
        CHECK(result.endpoints[0].first_error.at(bench::ArmKind::single) == error);
        check_sound(tally);
    }
}

TEST_CASE("redirects are errors unless they are expected, and told but not followed", "[bench][engine]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/redirect"), k_requests);
    for (const bool expected : {false, true}) {
        if (expected) plan.expected = *http::StatusSet::parse("200-399");
        const bench::Tally tally = single_tally(measure(plan));
        CHECK(tally.redirects == std::map<std::string, std::uint64_t>{{"/ok", k_requests}});
        CHECK(tally.errors == (expected ? Errors{} : Errors{{"http_3xx", k_requests}}));
        check_sound(tally, plan.expected);
    }
}

TEST_CASE("a connection that the server closed between requests is opened anew", "[bench][engine]") {
    OddServer server;
    const auto path = GENERATE(as<std::string>(), "/quits-after/3", "/quits-after/1", "/half-closes-after/3");
    const bench::Result result = measure(single_plan(server.url(path), 40));
    const bench::Tally& tally = single_tally(result);
    CHECK(tally.requests == 40);
    CHECK(tally.errors == Errors{});
    CHECK(tally.latency.count() == 40);
    CHECK(tally.connects >= 10);
    CHECK(tally.connects <= 44);
}

TEST_CASE("HEAD is answered without a body", "[bench][engine]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/ok"), k_requests);
    plan.endpoints[0].single->method = "HEAD";
    const bench::Result result = measure(plan);
    CHECK(single_tally(result).errors == Errors{});
    CHECK(single_tally(result).connects == 0);
}

TEST_CASE("a body is sent whole, however large", "[bench][engine]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/length"), 8);
    plan.endpoints[0].single->method = "POST";
    plan.endpoints[0].single->body = std::string(3'000'000, 'b');
    const bench::Result result = measure(plan);
    CHECK(single_tally(result).errors == Errors{});
    CHECK(single_tally(result).latency.count() == 8);
}

TEST_CASE("the first byte and the last are distinguished", "[bench][engine]") {
    OddServer server;
    const bench::Result result = measure(single_plan(server.url("/slowly"), k_requests));
    const bench::Tally& tally = single_tally(result);
    REQUIRE(tally.first_byte.count() == k_requests);
    CHECK(tally.first_byte.min_ns() > 0);
    CHECK(tally.first_byte.mean_ns() < tally.latency.mean_ns() / 2);
}

TEST_CASE("a run that spins answers the same questions", "[bench][engine]") {
    OddServer server;
    bench::Plan plan = single_plan(server.url("/slowly"), k_requests);
    plan.concurrency = 1;
    plan.spin = true;
    const bench::Result result = measure(plan);
    check_sound(single_tally(result));
    CHECK(single_tally(result).latency.count() == k_requests);
    INFO("it never slept, though it mostly waited");
    plan.spin = false;
    CHECK(result.cpu_seconds().value() > 2 * measure(plan).cpu_seconds().value());
}

TEST_CASE("requests that differ in a parameter take turns, in each arm alike",
          "[bench][engine][parameters]") {
    OddServer server;
    constexpr std::uint64_t k_each = 10;
    for (const unsigned threads : {1U, 2U}) {
        bench::Plan plan = single_plan(server.url("/{which}"), 3 * k_each);
        plan.endpoints[0].parameters = {{"which", {"ok", "204", "304"}}, {"other", {"1"}}};
        plan.threads = threads;
        const bench::Tally tally = single_tally(measure(plan));
        CHECK(tally.statuses == std::map<int, std::uint64_t>{{200, k_each}, {204, k_each}, {304, k_each}});
    }
    bench::Plan plan = test::pair_plan({server.url("/{which}"), server.url("/cache/same")}, 3 * k_each);
    plan.endpoints[0].parameters = {{"which", {"ok", "204", "304"}}};
    const bench::Result result = measure(plan);
    for (const bench::ArmKind arm : plan.arms())
        CHECK(result.endpoints[0].arms.at(arm).statuses ==
              std::map<int, std::uint64_t>{{200, k_each}, {204, k_each}, {304, k_each}});
    for (const bench::EndpointResult& endpoint : result.endpoints) {
        CHECK(endpoint.equality.compared > 0);
        CHECK(endpoint.equality.mismatched == 0);
    }
}

TEST_CASE("the bins of a block hold what its endpoints did", "[bench][engine][bins]") {
    OddServer server;
    bench::Plan closed = test::pair_plan({server.url("/cache/same"), server.url("/ok")}, 60);
    bench::Plan threads = single_plan(server.url("/ok"), 100);
    threads.threads = 2;
    bench::Plan open = single_plan(server.url("/ok"), 100);
    open.rate = 500;
    for (const bench::Plan& plan : {closed, threads, open}) {
        const bench::Result result = measure(plan);
        REQUIRE_FALSE(result.blocks.empty());
        for (const bench::Block& block : result.blocks) {
            bench::Tally all;
            for (const bench::Tally& tally : block.endpoints)
                all.merge(tally);
            bench::TimeBin sum;
            for (const bench::TimeBin& bin : block.bins.bins)
                sum.merge(bin);
            CHECK(sum.requests == all.requests);
            CHECK(sum.statuses == all.statuses);
            CHECK(sum.proven_hits == all.proven_hits);
            CHECK(sum.proven_misses == all.proven_misses);
            CHECK(sum.latency.count() == all.answered());
            CHECK(block.bins.bins.size() <= bench::TimeBins::k_most);
            const double until =
                block.bins.started_s + block.bins.bin_seconds * static_cast<double>(block.bins.bins.size());
            CHECK(block.bins.started_s <= block.started_s + block.wall_seconds.value_or(block.seconds));
            CHECK(until >= block.started_s);
        }
    }
}
