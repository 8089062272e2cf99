#include "src/bench/answers/hit_proof.hpp"
#include "src/bench/answers/observation.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace roacache::bench;

namespace {

using Lines = std::vector<std::string>;

Proof proof_of(const HitHeader& header, const Lines& lines) {
    HitProof proven;
    for (const std::string& line : lines)
        proven.read(header, form_of(header), line);
    return proven.proof;
}

} // namespace

TEST_CASE("Words for an answer out of the cache prove a hit", "[proof]") {
    const HitHeader header{"X-Cache", "HIT"};
    for (const char* hit : {"HIT",
                            "hit",
                            "Hit from cloudfront",
                            "HIT, MISS",
                            "MISS, HIT",
                            "MISS,HIT",
                            "HIT, HIT",
                            " MISS ,\tHIT ",
                            "HIT:3",
                            "HIT from cache.example",
                            "HIT (stale)",
                            "HIT-CLUSTER",
                            "STALE",
                            "updating",
                            "REVALIDATED",
                            "RefreshHit from cloudfront",
                            "TCP_HIT",
                            "TCP_MEM_HIT from a1.example (x)",
                            "TCP_REFRESH_HIT",
                            "TCP_IMS_HIT",
                            "TCP_REMOTE_HIT",
                            "TCP_OFFLINE_HIT",
                            "REVALIDATED_HIT",
                            "REVALIDATE from host",
                            "STALE-WHILE-REVALIDATE",
                            "stale_if_error",
                            "STALE-HIT",
                            "TCP-HIT",
                            "L1-HIT",
                            "\"HIT\"",
                            "\"HIT from host\", MISS",
                            "cp; \"a, b\", HIT"}) {
        INFO(hit);
        CHECK(proof_of(header, {hit}) == Proof::hit);
    }
    for (const char* miss : {"MISS",
                             "",
                             "EXPIRED",
                             "BYPASS",
                             "DYNAMIC",
                             "HITS",
                             "HITMISS",
                             "NOHIT",
                             "no-hit",
                             "TCP_MISS",
                             "TCP_HITS",
                             "hit-for-pass",
                             "hit=false",
                             "Hit: 0",
                             "hit=\"no\"",
                             "hit=?0",
                             "Hit-For-Miss",
                             "hit_for_pass",
                             "hit for pass",
                             "HIT-PASS",
                             "hit-miss",
                             "hit-stale",
                             "NO_HIT",
                             "NOT_HIT",
                             "CACHE_NO_HIT",
                             "cache-not-hit",
                             "_HIT",
                             "STALE-MISS",
                             "MISS, hit-for-pass",
                             "Miss from cloudfront",
                             "a \"HIT, HIT\" b",
                             "Error from cloudfront",
                             "RefreshMiss",
                             "MISS from HIT.example",
                             ",",
                             "\"HIT"}) {
        INFO(miss);
        CHECK(proof_of(header, {miss}) == Proof::miss);
    }
    CHECK(proof_of(header, {}) == Proof::none);
    CHECK(proof_of(header, {"MISS", "HIT"}) == Proof::hit);
    CHECK(proof_of(header, {"HIT", "MISS"}) == Proof::hit);
}

TEST_CASE("Another word than HIT is looked for as it is", "[proof]") {
    CHECK(proof_of({"X-From", "l1"}, {"L1"}) == Proof::hit);
    CHECK(proof_of({"X-From", "l1"}, {"L2, L1"}) == Proof::hit);
    CHECK(proof_of({"X-From", "l1"}, {"STALE"}) == Proof::miss);
    CHECK(proof_of({"X-From", "l1"}, {"L10"}) == Proof::miss);
    CHECK(proof_of({"X-Hops", "HIT, HIT"}, {"HIT, HIT"}) == Proof::hit);
    CHECK(proof_of({"X-Hops", "HIT, HIT"}, {"HIT,HIT"}) == Proof::hit);
    CHECK(proof_of({"X-Hops", "HIT, HIT"}, {"HIT, MISS"}) == Proof::miss);
    CHECK(proof_of({"X-Cache-Detail", "cache hit"}, {"\"cache hit\" from host"}) == Proof::hit);
    CHECK(proof_of({"X-Cache-Detail", "cache hit"}, {"\"cache miss: attempting entity save\" from h"}) ==
          Proof::miss);
    // The same word says another thing in another header.
    CHECK(proof_of({"x-vercel-cache", "HIT"}, {"PRERENDER"}) == Proof::hit);
    CHECK(proof_of({"x-vercel-cache", "HIT"}, {"STALE"}) == Proof::hit);
    CHECK(proof_of({"x-vercel-cache", "HIT"}, {"REVALIDATED"}) == Proof::miss);
    CHECK(proof_of({"X-Cache", "HIT"}, {"PRERENDER"}) == Proof::miss);
}

TEST_CASE("a trace of Symfony is judged by what was done for the page itself", "[proof]") {
    for (const char* name : {"X-Symfony-Cache", "x-rack-cache"}) {
        const HitHeader header{name, "fresh"};
        for (const char* hit : {"fresh", "GET /api/summary?company=1: fresh", "HEAD /: fresh",
                                "GET /a: stale, valid, fresh", "GET /a: fresh; GET /part: miss, store"})
            CHECK(proof_of(header, {hit}) == Proof::hit);
        for (const char* miss : {"miss", "GET /fresh: miss, store", "GET /a: miss, store; GET /part: fresh",
                                 "GET /: ", "POST /a: invalidate, pass"})
            CHECK(proof_of(header, {miss}) == Proof::miss);
    }
}

TEST_CASE("Cache-Status is judged by its last member", "[proof]") {
    for (const char* expected : {"hit", "Cache; hit", "Cache;hit"}) {
        const HitHeader header{"cache-status", expected};
        for (const char* hit :
             {"Cache; hit", "Cache;hit", "\"a b\";hit;ttl=30", "O;fwd=miss;stored, Cache ; hit ; ttl=376",
              "Cache;hit=?1", "O;fwd=uri-miss,C;hit", "C; detail=\"x, y; z\"; hit", "C; hit,"}) {
            INFO(expected << " of " << hit);
            CHECK(proof_of(header, {hit}) == Proof::hit);
        }
        for (const char* miss :
             {"Cache; fwd=miss", "Cache;hit=?0", "O; hit, C; fwd=stale", "", "C; hits", "C;key=hit",
              "C; hit; hit=?0", "MISS", "C; detail=\"a; hit\"", "C; fwd=miss; detail=\"x, D; hit\""}) {
            INFO(expected << " of " << miss);
            CHECK(proof_of(header, {miss}) == Proof::miss);
        }
        // As nginx has it, with its own words in this header.
        for (const char* hit : {"HIT", "STALE", "UPDATING", "REVALIDATED", "TCP_HIT"})
            CHECK(proof_of(header, {hit}) == Proof::hit);
        for (const char* miss : {"EXPIRED", "BYPASS", "STALE; fwd=stale"})
            CHECK(proof_of(header, {miss}) == Proof::miss);
        CHECK(proof_of(header, {"C; hit=?0; hit"}) == Proof::hit);
        CHECK(proof_of(header, {"O; hit", "C; fwd=miss"}) == Proof::miss);
        CHECK(proof_of(header, {"O; fwd=miss", "C; hit"}) == Proof::hit);
    }
}

TEST_CASE("Of a cache that is named, Cache-Status is judged by what that one says", "[proof]") {
    const HitHeader origin{"Cache-Status", "OriginCache; hit"};
    for (const char* cache : {"OriginCache", "\"OriginCache\"", "origincache"}) {
        CHECK(proof_of(origin, {std::string(cache) + "; hit, Edge; fwd=miss"}) == Proof::hit);
        CHECK(proof_of(origin, {std::string(cache) + "; fwd=miss, Edge; hit"}) == Proof::miss);
    }
    CHECK(proof_of(origin, {"Other; fwd=miss, Edge; hit"}) == Proof::hit);
}

TEST_CASE("An age above 0, a second id of Varnish and a count of hits prove a hit", "[proof]") {
    const HitHeader age{"Age", ""}, varnish{"x-varnish", ""};
    for (const char* hit : {"1", " 30 ", "007", "99999999999999999999"})
        CHECK(proof_of(age, {hit}) == Proof::hit);
    for (const char* nothing : {"0", "000", "", "-1", "1.5", "old", "1, 2"})
        CHECK(proof_of(age, {nothing}) == Proof::none);
    CHECK(proof_of(varnish, {"32770 3"}) == Proof::hit);
    CHECK(proof_of(varnish, {" 32770  3 "}) == Proof::hit);
    for (const char* miss : {"32770", "", " 32770 ", "a b"})
        CHECK(proof_of(varnish, {miss}) == Proof::miss);
    const HitHeader hits{"X-Cache-Hits", ""};
    for (const char* hit : {"1", "0, 12", "3,0", "0, 0, 5"})
        CHECK(proof_of(hits, {hit}) == Proof::hit);
    for (const char* miss : {"0", "0, 0", "", "-1", "many"})
        CHECK(proof_of(hits, {miss}) == Proof::miss);
    CHECK(is_hit_header_alone("x-cache-hits"));
    CHECK(is_hit_header_alone("AGE"));
    CHECK(is_hit_header_alone("X-Varnish"));
    CHECK_FALSE(is_hit_header_alone("X-Cache"));
}

TEST_CASE("a cache that is named is judged by its own members, in whichever line", "[proof]") {
    const HitHeader named{"Cache-Status", "OriginCache; hit"};
    const std::string own_hit = "OriginCache; hit", own_miss = "OriginCache; fwd=miss";
    for (const std::string other : {"Edge; hit", "Edge; fwd=miss", "Edge; fwd=uri-miss; stored"}) {
        INFO(other);
        for (const Lines& lines :
             {Lines{own_hit + ", " + other}, Lines{other + ", " + own_hit}, Lines{own_hit, other},
              Lines{other, own_hit}, Lines{other, own_hit, other}})
            CHECK(proof_of(named, lines) == Proof::hit);
        for (const Lines& lines :
             {Lines{own_miss + ", " + other}, Lines{other + ", " + own_miss}, Lines{own_miss, other},
              Lines{other, own_miss}, Lines{other, own_miss, other}})
            CHECK(proof_of(named, lines) == Proof::miss);
    }
    CHECK(proof_of(named, {own_hit, own_miss}) == Proof::miss); // the last of them
    CHECK(proof_of(named, {own_miss, own_hit}) == Proof::hit);
}

TEST_CASE("any Varnish on the way proves a hit, in one line or several", "[proof]") {
    const HitHeader varnish{"X-Varnish", {}};
    for (const Lines& lines : {Lines{"32770 3"}, Lines{"32770 3, 5"}, Lines{"5, 32770 3"},
                               Lines{"5", "32770 3"}, Lines{"32770 3", "5"}})
        CHECK(proof_of(varnish, lines) == Proof::hit);
    for (const Lines& lines :
         {Lines{"32770"}, Lines{"32770, 5"}, Lines{"32770", "5"}, Lines{"32770 x"}, Lines{""}})
        CHECK(proof_of(varnish, lines) == Proof::miss);
}

TEST_CASE("any of several headers proves a hit", "[proof]") {
    using Fields = std::vector<std::pair<std::string, std::string>>;
    const HitHeaders headers{{"X-Cache", "HIT"}, {"Age", ""}, {"Cache-Status", "hit"}};
    Observation observation;
    observation.watch(headers);
    CHECK(observation.needed_fields() == roacache::http::k_all_fields);
    const auto proof = [&](const Fields& fields) {
        observation.begin(nullptr, Observation::Keep::nothing);
        for (const auto& [name, value] : fields)
            observation.on_field(name, value);
        return observation.proof();
    };
    CHECK(proof({{"x-cache", "HIT"}}) == Proof::hit);
    CHECK(proof({{"X-Cache", "MISS"}, {"Age", "3"}}) == Proof::hit);
    CHECK(proof({{"Age", "3"}, {"X-Cache", "MISS"}}) == Proof::hit);
    CHECK(proof({{"Age", "0"}, {"X-Cache", "MISS"}}) == Proof::miss);
    CHECK(proof({{"Age", "0"}}) == Proof::none);
    CHECK(proof({{"Server", "HIT"}}) == Proof::none);
    // Each has its own rule for several lines.
    CHECK(proof({{"Cache-Status", "a; hit"}, {"Cache-Status", "b; fwd=miss"}}) == Proof::miss);
    CHECK(proof({{"Cache-Status", "a; hit"}, {"Cache-Status", "b; fwd=miss"}, {"Age", "1"}}) == Proof::hit);
    CHECK(proof({}) == Proof::none);

    const HitHeaders one{{"X-Cache", "HIT"}}, none;
    observation.watch(one);
    CHECK(observation.needed_fields() == "X-Cache");
    observation.watch(none);
    CHECK(observation.needed_fields().empty());
    CHECK(proof({{"X-Cache", "HIT"}}) == Proof::none);
}
