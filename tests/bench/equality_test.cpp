#include "tests/bench/engine_support.hpp"

using namespace roacache;
using bench::ArmKind;
using roacache::test::Contains;
using roacache::test::EndsWith;
using roacache::test::StartsWith;
using test::measure;
using test::OddServer;
using test::pair_plan;

namespace {

constexpr std::uint64_t k_each = 12;

/// The only mismatch of a run over one path, the cached arm's.
bench::Mismatch only_mismatch(const OddServer& server, const std::string& path) {
    INFO(path);
    const bench::Result result = measure(pair_plan({server.url(path)}, k_each));
    const bench::Equality& equality = result.endpoints[0].equality;
    CHECK(equality.compared == 2 * k_each + 1); // and the first cached response
    CHECK(equality.mismatched == k_each + 1);
    REQUIRE(equality.mismatches.size() == 1);
    const bench::Mismatch mismatch = equality.mismatches[0];
    CHECK(mismatch.arm == ArmKind::cached);
    CHECK(mismatch.count == k_each + 1);
    CHECK(mismatch.endpoint == 0);
    return mismatch;
}

} // namespace

TEST_CASE("equal answers are equal, whatever their arms' content types look like", "[bench][equality]") {
    OddServer server;
    for (const std::string path : {"/cache/same", "/cache/large"}) {
        INFO(path);
        const bench::Result result = measure(pair_plan({server.url(path)}, k_each));
        const bench::EndpointResult& endpoint = result.endpoints[0];
        CHECK(endpoint.equality.compared == 2 * k_each + 1);
        CHECK(endpoint.equality.mismatched == 0);
        CHECK(endpoint.equality.mismatches.empty());
        CHECK(endpoint.arms.at(ArmKind::cached).proven_hits == k_each);
        CHECK(endpoint.arms.at(ArmKind::cached).proven_misses == 0);
        CHECK(endpoint.arms.at(ArmKind::uncached).proven_hits == 0);
        CHECK(endpoint.arms.at(ArmKind::uncached).proven_misses == k_each);
        CHECK(endpoint.first_ms.size() == 2);
    }
}

TEST_CASE("the first difference of two bodies is shown", "[bench][equality]") {
    OddServer server;
    const std::string common = "{\"companies\": [\"Ash\", \"Birch\"], \"total\": ";
    const bench::Mismatch changed = only_mismatch(server, "/cache/body");
    CHECK(changed.what == "body");
    CHECK_THAT(changed.expected, StartsWith("43 bytes, XXH3 "));
    CHECK_THAT(changed.found, StartsWith("43 bytes, XXH3 "));
    CHECK(changed.expected != changed.found);
    REQUIRE(changed.difference);
    CHECK(changed.difference->offset == common.size());
    CHECK(changed.difference->path == "/total");
    CHECK(changed.difference->expected == "2");
    CHECK(changed.difference->found == "3");

    const bench::Mismatch shorter = only_mismatch(server, "/cache/short");
    REQUIRE(shorter.difference);
    CHECK(shorter.difference->offset == common.size() + 1);
    CHECK_THAT(shorter.difference->expected, EndsWith("2}"));
    CHECK_THAT(shorter.difference->found, EndsWith("2"));
    CHECK_THAT(shorter.found, StartsWith("42 bytes, "));

    const bench::Mismatch longer = only_mismatch(server, "/cache/long");
    REQUIRE(longer.difference);
    CHECK(longer.difference->offset == common.size() + 2);
    CHECK_THAT(longer.difference->found, EndsWith("2} and more that was n"));

    const bench::Mismatch empty = only_mismatch(server, "/cache/empty");
    REQUIRE(empty.difference);
    CHECK(empty.difference->offset == 0);
    CHECK(empty.difference->found.empty());

    const bench::Mismatch binary = only_mismatch(server, "/cache/binary");
    REQUIRE(binary.difference);
    CHECK(binary.difference->offset == 255);
    CHECK_THAT(binary.difference->expected, EndsWith("\\xff"));
    CHECK_THAT(binary.difference->found, EndsWith("\\x0a"));
}

TEST_CASE("a difference beyond the first 4 MiB is found by its hash", "[bench][equality]") {
    OddServer server;
    const bench::Mismatch mismatch = only_mismatch(server, "/cache/large-end");
    CHECK(mismatch.what == "body");
    CHECK(mismatch.expected != mismatch.found);
    CHECK_FALSE(mismatch.difference);
}

TEST_CASE("status and content type are compared too", "[bench][equality]") {
    OddServer server;
    const bench::Mismatch type = only_mismatch(server, "/cache/type");
    CHECK(type.what == "content-type");
    CHECK(type.expected == "application/json");
    CHECK(type.found == "text/html");
    const bench::Mismatch status = only_mismatch(server, "/cache/status");
    CHECK(status.what == "status");
    CHECK(status.expected == "200");
    CHECK(status.found == "203");
    const bench::Mismatch coding = only_mismatch(server, "/cache/coding");
    CHECK(coding.what == "content-encoding");
    CHECK(coding.expected == "gzip");
    CHECK(coding.found == "none");
}

TEST_CASE("a redirect to another place is another answer", "[bench][equality]") {
    OddServer server;
    bench::Plan plan = pair_plan({server.url("/cache/redirect")}, k_each);
    plan.expected = *http::StatusSet::parse("302");
    const bench::Equality equality = measure(plan).endpoints[0].equality;
    REQUIRE(equality.mismatches.size() == 1);
    CHECK(equality.mismatches[0].what == "location");
    CHECK(equality.mismatches[0].expected == "/login?next=home");
    CHECK(equality.mismatches[0].found == "/login?next=other");
}

TEST_CASE("only the arms' own addresses are left out of where a redirect leads", "[bench][equality]") {
    OddServer server;
    const std::string own = server.url("");
    struct Case {
        std::string uncached, cached;
        bool equal;
    };
    for (const auto& [uncached, cached, equal] :
         {Case{"/a", own + "/a", true},
          {own + "/a", own + "/a", true},
          {own, own + "/", true},
          {own + "/a", own + "/b", false},
          {"http://good.example/a", "http://evil.example/a", false},
          {"http://good.example/a", "https://good.example/a", false},
          {"http://good.example/a", "http://good.example:8443/a", false},
          {own + "/a", "http://evil.example/a", false},
          {"/a", "http://evil.example/a", false},
          {own + "/a", own + ".evil.example/a", false}}) {
        INFO(uncached << " " << cached);
        bench::Plan plan = pair_plan({server.url("/cache/redirect-to?" + uncached + "," + cached)}, k_each);
        plan.expected = *http::StatusSet::parse("302");
        CHECK((measure(plan).endpoints[0].equality.mismatched == 0) == equal);
    }
}

TEST_CASE("a redirect that goes elsewhere each time without the cache, too, is not blamed on it",
          "[bench][equality]") {
    OddServer server;
    bench::Plan plan = pair_plan({server.url("/cache/redirect-vary")}, k_each);
    plan.expected = *http::StatusSet::parse("302");
    const bench::Result result = measure(plan);
    const bench::Equality& equality = result.endpoints[0].equality;
    CHECK(equality.varies);
    CHECK(equality.mismatched == 2 * k_each + 1);
    CHECK(equality.differ_in_content == equality.mismatched);
    CHECK(bench::equality_sum(result).blamed_on_cache == 0);
}

TEST_CASE("bodies that vary of themselves differ in both arms", "[bench][equality]") {
    OddServer server;
    const bench::Result result = measure(pair_plan({server.url("/cache/vary")}, k_each));
    const bench::Equality& equality = result.endpoints[0].equality;
    CHECK(equality.mismatched == 2 * k_each + 1);
    REQUIRE(equality.mismatches.size() == 2);
    CHECK(equality.mismatches[0].arm != equality.mismatches[1].arm);
}

TEST_CASE("the reference is the first good uncached response, and errors are not compared",
          "[bench][equality]") {
    OddServer server;
    bench::Plan plan =
        pair_plan({server.url("/cache/fails-first"), server.url("/cache/cached-fails")}, k_each);
    plan.warmup = 8;
    const bench::Result result = measure(plan);
    CHECK(result.endpoints[0].first_error.at(ArmKind::uncached) == "http_5xx");
    CHECK(result.endpoints[0].equality.compared > 2 * k_each);
    CHECK(result.endpoints[0].equality.mismatched == 0);
    CHECK(result.endpoints[1].equality.compared == k_each + 8);
    CHECK(result.endpoints[1].equality.mismatched == 0);
    CHECK(result.endpoints[1].arms.at(ArmKind::cached).errors == bench::Errors{{"http_5xx", k_each}});
    CHECK(result.endpoints[1].arms.at(ArmKind::cached).proven_hits == 0);
}

TEST_CASE("nothing is compared when that is not wanted", "[bench][equality]") {
    OddServer server;
    bench::Plan plan = pair_plan({server.url("/cache/body")}, k_each);
    plan.compare = false;
    CHECK(measure(plan).endpoints[0].equality.compared == 0);
    CHECK(measure(test::single_plan(server.url("/cache/vary"))).endpoints[0].equality.compared == 0);
}

TEST_CASE("answers that differ in ignored fields only are equal", "[bench][equality]") {
    OddServer server;
    for (const std::string path : {"/cache/stamped", "/cache/stamped-order"}) {
        INFO(path);
        bench::Plan plan = pair_plan({server.url(path)}, k_each);
        plan.endpoints[0].ignored = {bench::parse_json_path("/meta/at", ""),
                                     bench::parse_json_path("cached", "")};
        const bench::Equality equality = measure(plan).endpoints[0].equality;
        CHECK(equality.compared == 2 * k_each + 1);
        CHECK(equality.mismatched == 0);
    }
}

TEST_CASE("besides ignored fields the first difference is reported by its path", "[bench][equality]") {
    OddServer server;
    const auto body_mismatch = [&](const std::string& path, std::uint64_t expected_count) {
        INFO(path);
        bench::Plan plan = pair_plan({server.url(path)}, k_each);
        plan.endpoints[0].ignored = {bench::parse_json_path("/meta", ""),
                                     bench::parse_json_path("/cached", "")};
        const bench::Equality equality = measure(plan).endpoints[0].equality;
        CHECK(equality.mismatched == expected_count);
        REQUIRE_FALSE(equality.mismatches.empty());
        return equality.mismatches[0];
    };
    const bench::Mismatch stale = body_mismatch("/cache/stamped-stale", k_each + 1);
    REQUIRE(stale.difference);
    CHECK(stale.difference->path == "/rows/1/paid");
    CHECK(stale.difference->expected == "20");
    CHECK(stale.difference->found == "19");

    INFO("what is no JSON is compared byte by byte");
    const bench::Mismatch text = body_mismatch("/cache/stamped-text", k_each + 1);
    REQUIRE(text.difference);
    CHECK_FALSE(text.difference->path);

    INFO("what is too long to be read is called neither equal nor different");
    bench::Plan plan = pair_plan({server.url("/cache/stamped-large")}, k_each);
    plan.endpoints[0].ignored = {bench::parse_json_path("/meta", "")};
    const bench::Equality large = measure(plan).endpoints[0].equality;
    CHECK(large.too_long == 2 * k_each + 1);
    CHECK(large.compared == 0);
    CHECK(large.mismatched == 0);
}
