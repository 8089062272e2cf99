// Verdicts that services of the field have fooled.

#include "tests/support/catch.hpp"
#include "tests/unit/changed_result.hpp"

#include <memory>
#include <utility>

using namespace roacache;
using bench::ArmKind;
using bench::parse_assert;
using bench::Tally;
using bench::Verdict;
using roacache::test::Contains;
using test::change;
using test::of_endpoints;
using test::reasons_of;

namespace {

/// So many of the 1,020 requests that the cached arm had of the first endpoint on its own failed.
bench::Result with_errors_alone(unsigned errors, std::size_t endpoints = 1) {
    bench::Result result = of_endpoints(endpoints);
    result.alone = std::make_shared<bench::Result>(result);
    for (bench::Block& block : result.alone->blocks) {
        if (block.arm != ArmKind::cached || errors == 0) continue;
        const unsigned its = std::min(errors, 34U);
        block.endpoints[0].requests += its;
        block.endpoints[0].errors["http_5xx"] += its;
        block.endpoints[0].statuses[502] += its;
        errors -= its;
    }
    result.alone->sum_up_blocks();
    return result;
}

bench::Result drilled_by_age(unsigned up, unsigned down, unsigned back) {
    bench::Result result = of_endpoints(1);
    result.plan.single = result.plan.drill = true;
    const std::vector<bench::Block> blocks = std::exchange(result.blocks, {});
    for (const auto& [arm, hits] :
         {std::pair{ArmKind::up, up}, std::pair{ArmKind::down, down}, std::pair{ArmKind::back, back}}) {
        bench::Block& block = result.blocks.emplace_back(blocks.front());
        block.arm = arm;
        block.pair = static_cast<unsigned>(result.blocks.size() - 1);
        block.endpoints[0].proven_hits = hits;
        block.endpoints[0].proven_misses = 0;
    }
    result.plan.hit_headers = {{"Age", ""}};
    result.sum_up_blocks();
    return result;
}

} // namespace

TEST_CASE("errors of the cached arm on its own are judged as those of its blocks", "[bench][field]") {
    const auto verdict = [](unsigned errors, const std::vector<bench::Assert>& asserts) {
        return bench::assess(with_errors_alone(errors), asserts).verdict;
    };
    for (const auto& [errors, alone] :
         {std::pair{0U, Verdict::pass}, {10U, Verdict::pass}, {11U, Verdict::fail}, {500U, Verdict::fail}}) {
        INFO(errors << reasons_of(with_errors_alone(errors)));
        CHECK(verdict(errors, {}) == alone);
        CHECK(verdict(errors, {parse_assert("mean_reduction >= 50%")}) == alone);
        CHECK(verdict(errors, {parse_assert("errors == 0")}) ==
              (errors == 0 ? Verdict::pass : Verdict::fail));
        CHECK(verdict(errors, {parse_assert("cached.errors <= 600")}) == Verdict::pass);
        CHECK(verdict(errors, {parse_assert("error_rate <= 50%")}) == Verdict::pass);
    }
    CHECK_THAT(reasons_of(with_errors_alone(500)),
               Contains("of the cached arm on its own, after the blocks, failed: 500 × 502"));
}

TEST_CASE("errors of one endpoint's cached arm on its own are held against its own asserts",
          "[bench][field]") {
    for (const auto& [own, of_run, expected] : {std::tuple{"", "", Verdict::fail},
                                                {"errors <= 20", "", Verdict::pass},
                                                {"cached.errors <= 20", "", Verdict::pass},
                                                {"error_rate <= 2%", "", Verdict::pass},
                                                {"errors <= 19", "", Verdict::fail},
                                                {"error_rate <= 1%", "", Verdict::fail},
                                                {"uncached.errors <= 20", "", Verdict::fail},
                                                {"cached.requests >= 1", "", Verdict::fail},
                                                {"", "errors <= 20", Verdict::pass},
                                                {"errors <= 19", "errors <= 20", Verdict::fail},
                                                {"errors <= 20", "errors <= 19", Verdict::fail}}) {
        bench::Result result = with_errors_alone(20, 3);
        if (*own != 0) result.plan.endpoints[0].asserts = {own};
        std::vector<bench::Assert> asserts;
        if (*of_run != 0) asserts.push_back(parse_assert(of_run));
        INFO(own << " | " << of_run << reasons_of(result));
        CHECK(bench::assess(result, asserts).verdict == expected);
    }
    CHECK_THAT(reasons_of(with_errors_alone(20, 3)),
               Contains("20 of the 1,040 requests of the cached arm of"));
    // Of several endpoints two errors are too few to tell.
    CHECK_THAT(reasons_of(with_errors_alone(2, 3)), !Contains("after the blocks"));
}

TEST_CASE("hits of requests that nobody had asked before are entries of others", "[bench][field]") {
    for (const auto& [compared, before, verdict] : {std::tuple{0U, 0U, Verdict::inconclusive},
                                                    {0U, 1000U, Verdict::inconclusive},
                                                    {0U, 1010U, Verdict::pass},
                                                    {500U, 0U, Verdict::pass}}) {
        bench::Result result = of_endpoints(1); // 1,020 hits
        result.endpoints[0].equality = {};
        result.endpoints[0].equality.compared = compared;
        result.endpoints[0].asked_before = before;
        INFO(compared << " " << before << reasons_of(result));
        CHECK(bench::assess(result, {}).verdict == verdict);
        result.plan.compare = false; // as was wanted
        CHECK(bench::assess(result, {}).verdict == Verdict::pass);
    }
}

TEST_CASE("by Age alone a drill's cache is not known to be gone or not", "[bench][field]") {
    CHECK(bench::assess(drilled_by_age(34, 0, 34), {}).verdict == Verdict::pass);
    for (const auto& [up, down, back] :
         {std::tuple{34U, 0U, 0U}, {0U, 0U, 34U}, {0U, 0U, 0U}, {16U, 0U, 34U}}) {
        const bench::Result result = drilled_by_age(up, down, back);
        INFO(up << " " << back << reasons_of(result));
        CHECK(bench::assess(result, {}).verdict == Verdict::inconclusive);
    }
    CHECK_THAT(reasons_of(drilled_by_age(34, 0, 0)), Contains("have no Age above 0"));
}

TEST_CASE("a proof that no answer carries proves nothing of one arm either", "[bench][field]") {
    for (const bool drill : {false, true}) {
        bench::Result result = drilled_by_age(0, 0, 0);
        result.plan.drill = drill;
        if (!drill)
            for (bench::Block& block : result.blocks)
                block.arm = ArmKind::single;
        result.plan.hit_headers = {{"X-Cach", "HIT"}};
        result.sum_up_blocks();
        INFO(reasons_of(result));
        CHECK(bench::assess(result, {}).verdict == Verdict::inconclusive);
        CHECK_THAT(reasons_of(result), Contains("No answer had the header of X-Cach: HIT"));
    }
}

TEST_CASE("Age of one endpoint excuses the hit rate of no other", "[bench][field]") {
    bench::Result result = of_endpoints(2);
    result.plan.endpoints[0].hit_headers = {{"Age", ""}};
    result.plan.endpoints[1].hit_headers = {{"X-Cache", "HIT"}};
    change(result, 0, ArmKind::uncached, [](Tally& tally, unsigned) { tally.proven_misses = 0; });
    const auto with = [&](unsigned age, unsigned other) {
        change(result, 0, ArmKind::cached, [&](Tally& tally, unsigned) {
            tally.proven_hits = age;
            tally.proven_misses = 0;
        });
        change(result, 1, ArmKind::cached, [&](Tally& tally, unsigned) {
            tally.proven_hits = other;
            tally.proven_misses = 34 - other;
        });
        return bench::assess(result, {parse_assert("hit_rate >= 90%")}).verdict;
    };
    CHECK(with(34, 20) == Verdict::fail); // 79 %, and no more can be
    CHECK(with(20, 20) == Verdict::fail);
    CHECK(with(20, 34) == Verdict::inconclusive);
    CHECK(with(34, 34) == Verdict::pass);
}

TEST_CASE("an endpoint that the cache makes slower is told, though the others outweigh it",
          "[verdict][field]") {
    bench::Result result = of_endpoints(3);
    const auto warned = [&] {
        for (const bench::Warning& warning : bench::assess(result, {}).warnings)
            if (warning.name == "slower-endpoints") return warning.text;
        return std::string();
    };
    CHECK(warned().empty());
    const auto at = [](double milliseconds) {
        return [milliseconds](bench::Tally& tally, unsigned pair) {
            const double mood = milliseconds * (1 + 0.001 * (pair % 7));
            tally.latency = {};
            for (std::uint64_t i = 0; i < tally.requests; ++i)
                tally.latency.record(std::llround(mood * 1e6 * (1 + 0.01 * static_cast<double>(i))));
        };
    };
    change(result, 1, bench::ArmKind::uncached, at(20));
    change(result, 1, bench::ArmKind::cached, at(20));
    CHECK(warned().empty());
    change(result, 1, bench::ArmKind::cached, at(50));
    CHECK_THAT(warned(),
               StartsWith("the cache makes some endpoints slower in their mean: b by 150.0 % (95 % CI "));
    CHECK(bench::assess(result, {}).verdict == bench::Verdict::pass);
}
