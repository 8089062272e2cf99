#include "src/bench/answers/sign_reader.hpp"
#include "src/bench/verdict/verdict.hpp"
#include "src/report/saved_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"

#include <nlohmann/json.hpp>
#include <vector>

using namespace roacache;
using bench::ArmKind;
using bench::CacheSigns;
using bench::HeaderFields;
using bench::parse_assert;
using bench::signs_in;
using bench::Verdict;
using roacache::test::Contains;
using test::made_result;
using test::MadeRun;
using test::Reported;

namespace {

/// What the first header that tells hits told; empty without one.
std::string told(const HeaderFields& fields) {
    const CacheSigns signs = signs_in(fields);
    if (signs.signs.empty()) return "";
    return signs.signs.front().header.text() + (signs.signs.front().hit ? " = hit" : " = miss");
}

/// Both arms as fast as each other, and nothing proven.
bench::Result unproven_result() {
    MadeRun made;
    made.uncached_ms = made.cached_ms;
    bench::Result result = made_result(made);
    result.plan.hit_headers.clear();
    for (auto& block : result.blocks)
        for (auto& tally : block.endpoints)
            tally.proven_hits = tally.proven_misses = 0;
    result.sum_up_blocks();
    return result;
}

const HeaderFields k_varnish_hit{
    {"Date", "x"}, {"X-Varnish", "32772 3"}, {"Age", "12"}, {"Via", "1.1 varnish (Varnish/7.1)"}};
const HeaderFields k_varnish_miss{{"X-Varnish", "5"}, {"Age", "0"}};

} // namespace

TEST_CASE("headers that tell hits are known, whoever sends them", "[bench][signs]") {
    CHECK(told({}).empty());
    CHECK(told({{"Content-Type", "text/html"}, {"X-Cached-At", "12"}}).empty());
    CHECK(told({{"x-cache", "HIT"}}) == "X-Cache: HIT = hit");
    CHECK(told({{"X-Cache", "MISS"}}) == "X-Cache: HIT = miss");
    CHECK(told({{"X-Cache", "Hit from cloudfront"}, {"Age", "3"}}) == "X-Cache: HIT = hit");
    CHECK(told({{"X-Cache", "MISS"}, {"X-Cache", "HIT"}}) == "X-Cache: HIT = hit");
    CHECK(told({{"cf-cache-status", "HIT"}}) == "CF-Cache-Status: HIT = hit");
    CHECK(told({{"CF-Cache-Status", "DYNAMIC"}}) == "CF-Cache-Status: HIT = miss");
    CHECK(told({{"X-Cache-Status", "STALE"}}) == "X-Cache-Status: HIT = hit");
    CHECK(told({{"Cache-Status", "Nginx; fwd=miss, \"CDN, Inc\"; hit; ttl=30"}}) ==
          "Cache-Status: hit = hit");
    CHECK(told({{"Cache-Status", "A; hit, B; fwd=miss"}}) == "Cache-Status: hit = miss");
    CHECK(told(k_varnish_hit) == "X-Varnish = hit");
    CHECK(told(k_varnish_miss) == "X-Varnish = miss");
    CHECK(told({{"Age", "7"}}) == "Age = hit");
}

TEST_CASE("what is kept of headers is printable, bounded and without secrets", "[bench][signs]") {
    const CacheSigns signs = signs_in({{"Set-Cookie", "session=s3cret; Path=/"},
                                       {"set-cookie", "id=s3cret"},
                                       {"Server", std::string(70'000, 'x')},
                                       {"Vary", "Accept-Encoding"},
                                       {"Vary", "Cookie\x1b[2J"},
                                       {"X-Cache", "HIT \xff"},
                                       {"Authorization", "Bearer s3cret"}});
    CHECK(signs.fields.at("set-cookie") == "session, id");
    CHECK(signs.fields.at("server").size() < 300);
    CHECK(signs.fields.at("vary").find('\x1b') == std::string::npos);
    CHECK_FALSE(signs.fields.contains("authorization"));
    CHECK(signs.signs.at(0).value.find('\xff') == std::string::npos);
    HeaderFields many(5000, {"Via", std::string(100, 'v')});
    CHECK(signs_in(many).fields.at("via").size() < 1200);
}

TEST_CASE("an answer says why a shared cache does not store it", "[bench][signs]") {
    const auto obstacles = [](const HeaderFields& fields) { return obstacles_text(signs_in(fields)); };
    CHECK(obstacles({{"Cache-Control", "public, max-age=60"}, {"Vary", "Accept-Encoding"}}).empty());
    CHECK(obstacles({{"Cache-Control", "max-age=600, Private"}}) == "Cache-Control: max-age=600, Private");
    CHECK(obstacles({{"Cache-Control", "private=\"x\""}}) == "Cache-Control: private=\"x\"");
    CHECK(obstacles({{"Cache-Control", "no-store"}, {"Set-Cookie", "a=b"}}) ==
          "Cache-Control: no-store, Set-Cookie: a");
    CHECK(obstacles({{"Cache-Control", "s-maxage=0"}}) == "Cache-Control: s-maxage=0");
    CHECK(obstacles({{"Vary", "*"}}) == "Vary: *");
    CHECK(obstacles({{"Vary", "Accept, Cookie"}}) == "Vary: Accept, Cookie");
    CHECK(obstacles({{"Pragma", "no-cache"}}) == "Pragma: no-cache");
    CHECK(obstacles({{"Pragma", "no-cache"}, {"Cache-Control", "max-age=5"}}).empty());
}

TEST_CASE("who served an answer is told by its headers", "[bench][signs]") {
    CHECK(served_by_text(signs_in({{"Content-Type", "x"}})).empty());
    CHECK(served_by_text(signs_in({{"Server", "nginx/1.22.1"}})) == "Server: nginx/1.22.1");
    CHECK(served_by_text(signs_in(k_varnish_hit)) ==
          "Via: 1.1 varnish (Varnish/7.1), Varnish by its x-varnish");
}

TEST_CASE("an uncached arm whose own answers are hits makes nothing fail, and says so", "[bench][signs]") {
    const std::vector<bench::Assert> asserts{parse_assert("mean_reduction >= 60%")};
    bench::Result result = unproven_result();
    REQUIRE(bench::assess(result, asserts).verdict == Verdict::fail);
    result.endpoints.front().signs[ArmKind::uncached] = signs_in(k_varnish_miss);
    REQUIRE(bench::assess(result, asserts).verdict == Verdict::fail);
    result.endpoints.front().signs[ArmKind::uncached] = signs_in(k_varnish_hit);
    result.endpoints.front().first_ms[ArmKind::uncached] = 33;
    const auto assessment = bench::assess(result, asserts);
    CHECK(assessment.verdict == Verdict::inconclusive);
    CHECK_THAT(assessment.reasons.front(), Contains("The uncached arm's own answers came out of a cache "
                                                    "(X-Varnish: 32772 3), and while its first one "
                                                    "took 33.0 ms the others took ") &&
                                               Contains("--uncached-url"));
    // What does not compare the arms is judged all the same.
    CHECK(bench::assess(result, {parse_assert("cached.mean <= 1us")}).verdict == Verdict::fail);
    CHECK(bench::assess(result, {parse_assert("errors == 0")}).verdict == Verdict::inconclusive);
    // What is proven counts more than what the headers seem to say.
    result.plan.hit_headers = {{"X-Cache", "HIT"}};
    for (auto& block : result.blocks)
        for (auto& tally : block.endpoints)
            (block.arm == ArmKind::cached ? tally.proven_hits : tally.proven_misses) = tally.latency.count();
    result.sum_up_blocks();
    CHECK(bench::assess(result, asserts).verdict == Verdict::fail);
    for (auto& block : result.blocks)
        for (auto& tally : block.endpoints)
            tally.proven_hits = tally.latency.count(), tally.proven_misses = 0;
    result.sum_up_blocks();
    CHECK(bench::assess(result, asserts).verdict == Verdict::inconclusive);
}

TEST_CASE("the header that would prove hits is proposed", "[bench][signs]") {
    bench::Result result = unproven_result();
    CHECK_THAT(Reported(result).markdown(), Contains("--hit-header 'X-Cache: HIT'"));
    result.endpoints.front().signs[ArmKind::cached] =
        signs_in({{"CF-Cache-Status", "HIT"}, {"Server", "cloudflare"}});
    CHECK_THAT(Reported(result).markdown(),
               Contains("the answers have `CF-Cache-Status: HIT`, and --hit-header "
                        "`'CF-Cache-Status: HIT'` would prove them."));
    result.plan.hit_headers = {{"X-Cache", "HIT"}};
    CHECK_THAT(
        bench::assess(result, {}).reasons.front(),
        Contains(
            "The answers have CF-Cache-Status: HIT, which --hit-header 'CF-Cache-Status: HIT' would take"));
    // They are saved with the run.
    const nlohmann::json json = Reported(result).as_json();
    const bench::Result again = report::read_run(json.dump(), "run.json").result;
    CHECK(again.endpoints.front().signs == result.endpoints.front().signs);
}

TEST_CASE("why the cache never hit is told by the answers", "[bench][signs]") {
    bench::Result result = unproven_result();
    result.plan.hit_headers = {{"X-Cache", "HIT"}};
    for (auto& block : result.blocks)
        for (auto& tally : block.endpoints)
            tally.proven_misses = tally.latency.count();
    result.sum_up_blocks();
    const auto reason = [&] { return bench::assess(result, {}).reasons.front(); };
    CHECK_THAT(reason(), Contains("The cached arm never hit") && !Contains("stored"));
    result.endpoints.front().signs[ArmKind::cached] =
        signs_in({{"Cache-Control", "private"}, {"X-Cache", "MISS"}});
    CHECK_THAT(
        reason(),
        Contains(
            "Its answers have Cache-Control: private, and such answers are not stored by shared caches."));
}
