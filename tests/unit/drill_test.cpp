#include "src/bench/verdict/drill.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/made_result.hpp"

#include <utility>
#include <vector>

using namespace roacache;
using bench::ArmKind;
using roacache::test::Contains;

namespace {

/// A drill of 3 × 1,000 requests, so many of which hit in each phase.
bench::Result drilled(unsigned up, unsigned down, unsigned back) {
    constexpr unsigned k_requests = 1000;
    bench::Result result = test::made_result({});
    result.plan.single = result.plan.drill = true;
    result.blocks.clear();
    unsigned pair = 0;
    for (const auto& [arm, hits] :
         {std::pair{ArmKind::up, up}, std::pair{ArmKind::down, down}, std::pair{ArmKind::back, back}}) {
        bench::Tally tally;
        for (unsigned i = 0; i < k_requests; ++i)
            tally.latency.record(1'000'000 + i);
        tally.requests = k_requests;
        tally.proven_hits = hits;
        tally.proven_misses = k_requests - hits;
        bench::Block block;
        block.pair = pair++;
        block.arm = arm;
        block.seconds = 1;
        block.endpoints.push_back(std::move(tally));
        result.blocks.push_back(std::move(block));
    }
    result.sum_up_blocks();
    return result;
}

bench::Verdict drill_verdict(const bench::Result& result, const std::vector<std::string>& exprs = {}) {
    std::vector<bench::Assert> asserts;
    for (const std::string& expr : exprs)
        asserts.push_back(bench::parse_assert(expr));
    return bench::assess(result, asserts).verdict;
}

} // namespace

TEST_CASE("a drill whose cache still hits while it is stopped proves nothing", "[drill]") {
    struct Case {
        unsigned up, down, back;
        bench::Verdict verdict;
    };
    for (const Case& one :
         {Case{1000, 0, 1000, bench::Verdict::pass}, Case{1000, 499, 900, bench::Verdict::pass},
          Case{1000, 500, 900, bench::Verdict::inconclusive},
          Case{1000, 1000, 1000, bench::Verdict::inconclusive},
          Case{400, 200, 400, bench::Verdict::inconclusive}, Case{400, 199, 400, bench::Verdict::pass},
          Case{1000, 1000, 100, bench::Verdict::fail}, // not taken up again
          Case{0, 0, 0, bench::Verdict::fail}}) {      // there was never a cache
        INFO(one.up << " " << one.down << " " << one.back);
        CHECK(drill_verdict(drilled(one.up, one.down, one.back)) == one.verdict);
    }
    const bench::Result vain = drilled(1000, 990, 1000);
    REQUIRE(bench::why_not_stopped(vain, {}).has_value());
    CHECK_THAT(*bench::why_not_stopped(vain, {}),
               Contains("100 % of the answers were hits before") && Contains("and 99"));
    CHECK(drill_verdict(vain, {"down.errors == 0"}) == bench::Verdict::inconclusive);
    CHECK(drill_verdict(vain, {"down.hit_rate >= 10%"}) != bench::Verdict::fail);
    CHECK_FALSE(bench::why_not_stopped(
                    vain, bench::assess(vain, {bench::parse_assert("down.hit_rate >= 10%")}).asserts)
                    .has_value());

    INFO("each endpoint's cache was away, or the one that was not is named");
    bench::Result two = drilled(1000, 0, 1000);
    two.plan.endpoints.push_back(two.plan.endpoints.front());
    two.endpoints.push_back(two.endpoints.front());
    two.endpoints[1].label = "list";
    for (bench::Block& block : two.blocks) {
        block.endpoints.push_back(block.endpoints.front());
        if (block.arm == ArmKind::down)
            std::swap(block.endpoints[1].proven_hits, block.endpoints[1].proven_misses);
    }
    two.sum_up_blocks();
    CHECK_THAT(bench::why_not_stopped(two, {}).value_or(""),
               Contains("100 % of the answers of list were hits before") && Contains("and 100 % while"));
    two.plan.endpoints[1].asserts = {"down.hit_rate >= 10%"};
    CHECK(drill_verdict(two) == bench::Verdict::pass);

    INFO("it is said of drills alone, and where something proves hits");
    bench::Result other = vain;
    other.plan.drill = false;
    CHECK_FALSE(bench::why_not_stopped(other, {}).has_value());
    other = drilled(0, 0, 0);
    for (bench::Block& block : other.blocks)
        block.endpoints.front().proven_misses = 0;
    other.sum_up_blocks();
    CHECK_FALSE(bench::why_not_stopped(other, {}).has_value());
}
