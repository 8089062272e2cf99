#include "src/bench/verdict/verdict.hpp"
#include "src/report/saved_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"

#include <nlohmann/json.hpp>

using namespace roacache;
using bench::ArmKind;

namespace {

/// A run with blocks of forced misses that take `factor` times as long as the uncached ones of their pair.
bench::Result with_misses(double factor) {
    bench::Result result = test::made_result({});
    result.plan.forced = ArmKind::miss;
    std::vector<bench::Block> misses;
    for (const bench::Block& block : result.blocks) {
        if (block.arm != ArmKind::uncached) continue;
        bench::Block miss = block;
        miss.arm = ArmKind::miss;
        bench::Tally& tally = miss.endpoints[0];
        tally.latency.clear();
        for (const auto& bucket : block.endpoints[0].latency.buckets())
            tally.latency.record(std::llround(static_cast<double>(bucket.low_ns) * factor), bucket.count);
        misses.push_back(std::move(miss));
    }
    result.blocks.insert(result.blocks.end(), misses.begin(), misses.end());
    result.store.emplace();
    result.store->hit_rate_before = 0.75;
    result.sum_up_blocks();
    return result;
}

double mean(const bench::Result& result, ArmKind arm) {
    return result.pooled(arm).latency.mean_ns();
}

} // namespace

TEST_CASE("what a miss costs follows from the means of the three arms", "[miss]") {
    const bench::Result result = with_misses(1.2);
    const double hit = mean(result, ArmKind::cached), past = mean(result, ArmKind::uncached),
                 miss = mean(result, ArmKind::miss);
    const auto cost = bench::miss_cost(result);
    REQUIRE(cost);
    REQUIRE(cost->overhead_ns);
    CHECK(cost->overhead_ns->value == Approx(miss - past));
    REQUIRE(cost->break_even);
    CHECK(cost->break_even->value == Approx((miss - past) / (miss - hit)));
    CHECK(cost->break_even->value == Approx(0.2 / 1.2).epsilon(0.05));
    CHECK(cost->break_even->ci_low < cost->break_even->value);
    CHECK(cost->break_even->ci_high > cost->break_even->value);
    INFO("the machine's mood is in both arms of a pair, and so in none of the interval");
    CHECK(cost->break_even->ci_high - cost->break_even->ci_low < 0.02);
    REQUIRE(cost->expected_ns);
    CHECK(cost->expected_ns->value == Approx(0.75 * hit + 0.25 * miss));
}

TEST_CASE("a miss that costs nothing, or a hit that does, has its own sentence", "[miss]") {
    const auto lines = [](const bench::Result& result) {
        return report::to_markdown(test::Reported(result).document, "");
    };
    CHECK(lines(with_misses(0.9)).find("break-even: at any hit rate") != std::string::npos);
    CHECK(lines(with_misses(1.2)).find("break-even: the cache saves time from a hit rate of 16") !=
          std::string::npos);
    bench::Result unforced = with_misses(1.2);
    unforced.plan.forced.reset();
    CHECK_FALSE(bench::miss_cost(unforced));
    bench::Result short_run = with_misses(1.2);
    std::erase_if(short_run.blocks, [](const bench::Block& block) { return block.pair > 0; });
    CHECK_FALSE(bench::miss_cost(short_run));
}

TEST_CASE("a run with forced misses comes back from its JSON", "[miss]") {
    const bench::Result result = with_misses(1.2);
    const test::Reported before(result);
    const report::SavedRun saved = report::read_run(report::to_json(before.document), "run.json");
    CHECK(saved.result.plan.forced == ArmKind::miss);
    const test::Reported after(saved.result);
    CHECK(before.as_json().at("arms").at("miss") == after.as_json().at("arms").at("miss"));
    auto bad = before.as_json();
    bad["plan"]["forced"] = "cached";
    CHECK_THROWS(report::read_run(bad.dump(), "run.json"));
    bad = before.as_json();
    bad["blocks"][0]["endpoints"][0]["moved_in"] = 1'000'000;
    CHECK_THROWS(report::read_run(bad.dump(), "run.json"));
}

TEST_CASE("misplaced answers are moved to the block of their kind in the same pair", "[miss]") {
    bench::Result result = with_misses(1.2);
    bench::Block& cached = *std::find_if(result.blocks.begin(), result.blocks.end(),
                                         [](const auto& block) { return block.arm == ArmKind::cached; });
    bench::Tally& tally = cached.endpoints[0];
    tally.misplaced.record(55'000'000, 3);
    tally.proven_misses += 3;
    tally.requests += 3;
    const std::uint64_t hits = result.pooled(ArmKind::cached).latency.count(),
                        misses = result.pooled(ArmKind::miss).latency.count();
    result.move_misplaced();
    result.sum_up_blocks();
    const bench::Tally after = result.pooled(ArmKind::cached), home = result.pooled(ArmKind::miss);
    CHECK(after.latency.count() == hits);
    CHECK(after.moved_out == 3);
    CHECK(after.answered() == hits + 3);
    CHECK(home.latency.count() == misses + 3);
    CHECK(home.moved_in == 3);
    CHECK(home.answered() == misses);
    INFO("the hit rate is of what was asked of the cached arm");
    const auto assessment = bench::assess(result, {});
    CHECK(*assessment.hit_rate == Approx(static_cast<double>(hits) / static_cast<double>(hits + 3)));
}
