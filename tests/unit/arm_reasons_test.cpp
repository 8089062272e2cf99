#include "src/bench/answers/sign_reader.hpp"
#include "src/bench/verdict/some_endpoints.hpp"
#include "src/report/merge.hpp"
#include "src/report/saved_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/changed_result.hpp"
#include "tests/unit/reported.hpp"

#include <fmt/core.h>
#include <functional>
#include <utility>

using namespace roacache;
using bench::ArmKind;
using bench::Assessment;
using bench::parse_assert;
using bench::Tally;
using bench::Verdict;
using roacache::test::Contains;
using test::change;
using test::made_result;
using test::MadeRun;
using test::of_endpoints;
using test::reasons_of;
using test::Reported;

namespace {

void fail_some(bench::Result& result, std::size_t endpoint, unsigned count) {
    change(result, endpoint, ArmKind::cached, [&](Tally& tally, unsigned pair) {
        if (pair >= count) return;
        ++tally.requests;
        ++tally.errors["http_5xx"];
        ++tally.statuses[500];
    });
}

} // namespace

TEST_CASE("few of many are overlooked, and of one endpoint among several one or two", "[bench][arms]") {
    struct Case {
        std::uint64_t count, of;
        bool alone, among_several;
    };
    for (const auto& [count, of, alone, among_several] : {Case{0, 0, false, false},
                                                          {0, 100, false, false},
                                                          {1, 100, false, false},
                                                          {1, 99, true, false},
                                                          {2, 20, true, false},
                                                          {3, 299, true, true},
                                                          {3, 300, false, false},
                                                          {1, 1, true, true},
                                                          {2, 2, true, true},
                                                          {2, 3, true, false},
                                                          {50, 1000, true, true}}) {
        INFO(count << " of " << of);
        CHECK(bench::too_many(count, of, false) == alone);
        CHECK(bench::too_many(count, of, true) == among_several);
    }
}

TEST_CASE("an endpoint's own errors fail the run, unless asserts say how many there may be",
          "[bench][arms]") {
    for (const unsigned errors : {2U, 10U, 12U, 30U}) {
        bench::Result result = of_endpoints(10);
        fail_some(result, 3, errors);
        INFO(errors << reasons_of(result));
        const bool fails = errors > 10; // one in a hundred of 1,020 and these
        CHECK((bench::assess(result, {}).verdict == Verdict::fail) == fails);
        if (!fails) continue;
        CHECK(reasons_of(result) == fmt::format("{} of the {} requests of the cached arm of d failed: {} × "
                                                "500.\n",
                                                errors, "1,0" + std::to_string(20 + errors), errors));
        CHECK(bench::assess(result, {parse_assert("errors <= 30")}).verdict == Verdict::pass);
        result.plan.endpoints[3].asserts = {"errors <= 30"};
        CHECK(bench::assess(result, {}).verdict == Verdict::pass);
        result.plan.endpoints[3].asserts = {"uncached.errors <= 30"};
        CHECK(bench::assess(result, {}).verdict == Verdict::fail);
    }
    // Of all together too many, though of none alone.
    MadeRun made;
    made.endpoints = 3;
    made.requests = 2;
    bench::Result result = made_result(made);
    for (std::size_t i = 0; i < 3; ++i)
        fail_some(result, i, 2);
    CHECK_THAT(reasons_of(result), Contains("6 of the 186 requests of the cached arm failed: 6 × 500"));
}

TEST_CASE("an endpoint whose uncached arm was served by the cache is named", "[bench][arms]") {
    for (const unsigned hits : {1U, 2U, 11U, 30U}) {
        bench::Result result = of_endpoints(20);
        change(result, 1, ArmKind::uncached, [&](Tally& tally, unsigned pair) {
            if (pair < hits) ++tally.proven_hits, --tally.proven_misses;
        });
        INFO(hits << reasons_of(result));
        const Assessment assessment = bench::assess(result, {parse_assert("mean_reduction >= 99.99%")});
        CHECK(assessment.verdict == (hits > 10 ? Verdict::inconclusive : Verdict::fail));
        if (hits > 10)
            CHECK_THAT(reasons_of(assessment), Contains("The uncached arm of b was served by the cache: " +
                                                        std::to_string(hits) + " of its 1,020 good"));
    }
}

TEST_CASE("an assert of an endpoint is judged by its arms, whatever those of others are", "[bench][arms]") {
    bench::Result result = of_endpoints(3);
    change(result, 1, ArmKind::uncached,
           [](Tally& tally, unsigned) { tally.proven_hits = std::exchange(tally.proven_misses, 0); });
    const auto with = [&](std::size_t endpoint) {
        for (auto& plan : result.plan.endpoints)
            plan.asserts.clear();
        result.plan.endpoints[endpoint].asserts = {"mean_reduction >= 99.99%"};
        return bench::assess(result, {}).verdict;
    };
    CHECK(with(0) == Verdict::fail);
    CHECK(with(1) == Verdict::inconclusive);
    CHECK(with(2) == Verdict::fail);
}

TEST_CASE("an arm of an endpoint without any good response is told", "[bench][arms]") {
    for (const ArmKind arm : {ArmKind::cached, ArmKind::uncached}) {
        bench::Result result = of_endpoints(3);
        change(result, 2, arm, [](Tally& tally, unsigned) { tally = {}; });
        CHECK(bench::assess(result, {}).verdict == Verdict::inconclusive);
        CHECK(reasons_of(result) ==
              fmt::format("The {} arm of c has no good response of its kind.\n", bench::name_of(arm)));
    }
}

TEST_CASE("what the closed loop shows of one endpoint is told of it", "[bench][arms]") {
    bench::Result result = of_endpoints(2);
    result.plan.rate = 100;
    result.plan.closed_loop = 10;
    result.closed_loop = std::make_shared<bench::Result>(of_endpoints(2));
    change(*result.closed_loop, 1, ArmKind::cached,
           [](Tally& tally, unsigned) { tally.proven_misses = std::exchange(tally.proven_hits, 0); });
    fail_some(*result.closed_loop, 0, 20);
    const std::string reasons = reasons_of(result);
    CHECK_THAT(reasons, Contains("In the closed loop: The cached arm of b never hit: none of its 1,020 "));
    CHECK_THAT(reasons,
               Contains("In the closed loop 20 of the 1,040 requests of the cached arm of a failed."));
}

TEST_CASE("a drill's endpoint that does not take its cache up again is named", "[bench][arms]") {
    bench::Result result = of_endpoints(3);
    result.plan.single = result.plan.drill = true;
    for (bench::Block& block : result.blocks)
        block.arm = block.arm == ArmKind::cached ? ArmKind::up : ArmKind::back;
    for (std::size_t i = 0; i < 3; ++i)
        change(result, i, ArmKind::back,
               [](Tally& tally, unsigned) { tally.proven_hits = std::exchange(tally.proven_misses, 0); });
    REQUIRE_THAT(reasons_of(result), !Contains("cache"));
    // Neither a miss nor no word at all is a hit.
    for (const unsigned misses : {34U, 0U}) {
        change(result, 1, ArmKind::back, [&](Tally& tally, unsigned) {
            tally.proven_hits = 0;
            tally.proven_misses = misses;
        });
        CHECK_THAT(reasons_of(result), Contains("The service did not take its cache up again: 100 % of its "
                                                "answers of b were hits before it was stopped, and 0 %"));
    }
    change(result, 2, ArmKind::up,
           [](Tally& tally, unsigned) { tally.proven_misses = std::exchange(tally.proven_hits, 0); });
    CHECK_THAT(reasons_of(result),
               Contains("The service never hit, not even before its cache was stopped (answers of c)."));
}

TEST_CASE("what was asked before is saved with the run, and merged", "[bench][arms][saved]") {
    bench::Result result = of_endpoints(2);
    change(result, 1, ArmKind::cached,
           [](Tally& tally, unsigned) { tally.proven_misses = std::exchange(tally.proven_hits, 0); });
    CHECK_THAT(reasons_of(result), Contains("The cached arm of b never hit"));
    result.endpoints[1].asked_before = 20;
    CHECK_THAT(reasons_of(result), Contains("The cached arm of b never hit")); // and could have
    result.endpoints[1].asked_before = 0;
    result.plan.endpoints[1].varied = "{id}: counted from 1";
    const Assessment assessment =
        bench::assess(result, {parse_assert("hit_rate >= 90%"), parse_assert("cached.hit_rate >= 90%"),
                               parse_assert("mean_reduction >= 99.99%")});
    CHECK(assessment.verdict == Verdict::inconclusive);
    CHECK_THAT(reasons_of(assessment),
               Contains("No request of the cached arm of b was asked twice ({id}: counted from 1), so that "
                        "none could hit"));
    CHECK(bench::assess(result, {parse_assert("uncached.hit_rate >= 90%")}).verdict == Verdict::fail);
    const report::SavedRun run = report::read_run(Reported(result).as_json().dump(), "run.json");
    CHECK(reasons_of(run.result) == reasons_of(result));
    const bench::Result both = report::merged({run, run});
    CHECK(both.endpoints[1].asked_before == 0U);
    CHECK_FALSE(both.endpoints[0].asked_before);
    CHECK(bench::assess(both, {}).verdict == Verdict::inconclusive);
}

TEST_CASE("signs of other caches are told of the endpoint that shows them", "[bench][arms][signs]") {
    const auto stored = bench::signs_in({{"X-Cache", "MISS"}, {"X-Varnish", "32772 3"}});
    const auto fresh = bench::signs_in({{"X-Cache", "MISS"}, {"X-Varnish", "5"}});
    bench::Result result = of_endpoints(3);
    change(result, 2, ArmKind::cached,
           [](Tally& tally, unsigned) { tally.proven_misses = std::exchange(tally.proven_hits, 0); });
    const auto with = [&](const bench::CacheSigns& cached, const bench::CacheSigns& uncached) {
        result.endpoints[2].signs[ArmKind::cached] = cached;
        result.endpoints[2].signs[ArmKind::uncached] = uncached;
        return bench::assess(result, {});
    };
    CHECK(with(fresh, fresh).verdict == Verdict::fail);
    CHECK_THAT(reasons_of(with(fresh, fresh)), !Contains("X-Varnish"));
    CHECK(with(stored, fresh).verdict == Verdict::fail);
    CHECK_THAT(reasons_of(with(stored, fresh)), Contains("--hit-header 'X-Varnish' would take for a hit"));
    // An origin with a cache of its own does not excuse the cached arm.
    CHECK(with(fresh, stored).verdict == Verdict::fail);
    CHECK(with(stored, stored).verdict == Verdict::inconclusive);
    CHECK_THAT(reasons_of(with(stored, stored)),
               Contains("None of the 1,020 good responses of the cached arm of c carried X-Cache: HIT") &&
                   Contains("The uncached arm's own answers of c came out of a cache (X-Varnish: 32772 3)"));
    // What is named is no other sign.
    result.plan.hit_headers.push_back({"x-varnish", ""});
    CHECK(with(stored, stored).verdict == Verdict::fail);
}

TEST_CASE("a hit of another cache in the uncached arm alone does not excuse the cached one",
          "[bench][arms][signs]") {
    bench::Result result = of_endpoints(2);
    change(result, 1, ArmKind::cached,
           [](Tally& tally, unsigned) { tally.proven_misses = std::exchange(tally.proven_hits, 0); });
    change(result, 1, ArmKind::uncached, [](Tally& tally, unsigned) { tally.proven_misses = 0; });
    result.endpoints[1].signs[ArmKind::cached] = bench::signs_in({{"X-Cache", "MISS"}});
    result.endpoints[1].signs[ArmKind::uncached] = bench::signs_in({{"Age", "30"}});
    CHECK(bench::assess(result, {}).verdict == Verdict::fail);
    CHECK_THAT(reasons_of(result),
               Contains("The cached arm of b never hit") &&
                   Contains("The uncached arm's own answers of b came out of a cache (Age: 30)"));
}

TEST_CASE("an Age of 0 denies no hit", "[bench][arms][signs]") {
    struct Case {
        unsigned hits; // of each block's 34 requests
        Verdict verdict, with_assert;
        const char* reason;
    };
    const bench::Assert most = parse_assert("hit_rate >= 90%");
    for (const auto& [hits, verdict, with_assert, reason] :
         {Case{34, Verdict::pass, Verdict::pass, ""},
          {23, Verdict::pass, Verdict::inconclusive,
           "by an Age above 0, which hits within their entry's first second"},
          {17, Verdict::pass, Verdict::inconclusive, "so that whether it is ≥ 90 % is not known"},
          {16, Verdict::inconclusive, Verdict::inconclusive,
           "Only 480 of the 1,020 good responses of the cached arm had an Age above 0; hits have one of 0, "
           "too"},
          {0, Verdict::inconclusive, Verdict::inconclusive,
           "No answer of any arm had an Age above 0; hits have one of 0, too, within an entry's first "
           "second, "
           "so whether the cache hit is not known."}}) {
        bench::Result result = of_endpoints(1);
        result.plan.hit_headers = {{"Age", ""}};
        change(result, 0, ArmKind::uncached, [](Tally& tally, unsigned) { tally.proven_misses = 0; });
        change(result, 0, ArmKind::cached, [hits = hits](Tally& tally, unsigned) {
            tally.proven_hits = hits;
            tally.proven_misses = 0;
        });
        INFO(hits << reasons_of(result, {most}));
        CHECK(bench::assess(result, {}).verdict == verdict);
        CHECK(bench::assess(result, {most}).verdict == with_assert);
        CHECK_THAT(reasons_of(result, {most}), Contains(reason));
        // With another header beside it, an answer that has neither is a miss.
        result.plan.hit_headers.push_back({"X-Cache", "HIT"});
        change(result, 0, ArmKind::cached,
               [hits = hits](Tally& tally, unsigned) { tally.proven_misses = 34 - hits; });
        CHECK(bench::assess(result, {most}).verdict == (hits == 34 ? Verdict::pass : Verdict::fail));
    }
}

TEST_CASE("removals that the store does not miss are no way past the cache", "[bench][arms]") {
    bench::Result result = of_endpoints(1); // 1,020 requests in each arm
    result.plan.hit_headers.clear();
    result.plan.forced = ArmKind::uncached;
    bench::StoreWatch& store = result.store.emplace();
    store.arms[ArmKind::cached] = {1000, 20};
    for (const auto& [misses, verdict] : {std::pair{1020U, Verdict::pass},
                                          {2000U, Verdict::pass},
                                          {510U, Verdict::pass},
                                          {509U, Verdict::inconclusive},
                                          {0U, Verdict::inconclusive}}) {
        store.arms[ArmKind::uncached] = {313, misses};
        INFO(misses << reasons_of(result));
        CHECK(bench::assess(result, {}).verdict == verdict);
    }
    CHECK_THAT(reasons_of(result),
               Contains("the store counted only 0 misses: another cache before it answered"));
    store.failure = "away";
    CHECK_THAT(reasons_of(result), !Contains("another cache before it"));
    store.failure.clear();
    result.plan.forced.reset(); // another way past the cache asks no store
    CHECK_THAT(reasons_of(result), !Contains("another cache before it"));
}
