#include "src/bench/verdict/verdict.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/made_result.hpp"

using namespace roacache;
using bench::ArmKind;
using bench::Assert;
using bench::parse_assert;
using bench::Verdict;
using roacache::test::Contains;
using roacache::test::StartsWith;
using test::made_result;
using test::MadeRun;

namespace {

Verdict verdict_of(const bench::Result& result, const std::string& expr) {
    const auto assessment = bench::assess(result, {parse_assert(expr)});
    REQUIRE(assessment.asserts.size() == 1);
    return assessment.asserts.front().verdict;
}

bench::Tally& tally_of(bench::Result& result, ArmKind arm, std::size_t nth = 0) {
    for (auto& block : result.blocks)
        if (block.arm == arm && nth-- == 0) return block.endpoints.front();
    throw std::logic_error("no such block");
}

void forget_hits(bench::Result& result, ArmKind arm) {
    for (auto& block : result.blocks)
        if (block.arm == arm)
            for (auto& tally : block.endpoints)
                tally.proven_misses = std::exchange(tally.proven_hits, 0);
    result.sum_up_blocks();
}

} // namespace

TEST_CASE("A reduction is judged on its interval") {
    MadeRun made;
    made.cached_ms = 20;
    made.uncached_ms = 40;
    const auto result = made_result(made);
    REQUIRE(verdict_of(result, "mean_reduction >= 30%") == Verdict::pass);
    REQUIRE(verdict_of(result, "mean_reduction > 30%") == Verdict::pass);
    REQUIRE(verdict_of(result, "mean_reduction >= 70%") == Verdict::fail);
    REQUIRE(verdict_of(result, "mean_reduction <= 70%") == Verdict::pass);
    REQUIRE(verdict_of(result, "mean_reduction < 30%") == Verdict::fail);
    REQUIRE(verdict_of(result, "mean_ratio <= 0.7") == Verdict::pass);
    REQUIRE(verdict_of(result, "mean_ratio <= 0.3") == Verdict::fail);
    REQUIRE(verdict_of(result, "total_time_reduction >= 30%") == Verdict::pass);
    const auto answer = bench::assess(result, {parse_assert("mean_reduction >= 30%")}).asserts.front();
    REQUIRE(*answer.ci_low < *answer.value);
    REQUIRE(*answer.value < *answer.ci_high);
    const double inside = (*answer.ci_low + *answer.value) / 2;
    REQUIRE(verdict_of(result, "mean_reduction >= " + std::to_string(inside)) == Verdict::inconclusive);
    REQUIRE(verdict_of(result, "mean_reduction <= " + std::to_string(inside)) == Verdict::inconclusive);
    REQUIRE(answer.threshold_text == "≥ 30 %");
    REQUIRE_THAT(answer.value_text, Contains(" %"));
    REQUIRE_THAT(answer.interval_text, Contains(" … "));
}

TEST_CASE("A figure of one arm is judged on its interval, its extremes and counts on their value") {
    MadeRun made;
    made.requests = 170;
    auto result = made_result(made);
    const double p99 = result.pooled(ArmKind::cached).latency.quantile_ns(0.99);
    REQUIRE(verdict_of(result, "cached.p99 <= 1s") == Verdict::pass);
    REQUIRE(verdict_of(result, "cached.p99 <= 100us") == Verdict::fail);
    REQUIRE(verdict_of(result, "cached.p99 <= " + std::to_string(std::llround(p99 * 1.001)) + "ns") ==
            Verdict::inconclusive);
    REQUIRE(verdict_of(result, "cached.p999 <= 1s") == Verdict::inconclusive);
    REQUIRE(verdict_of(result, "uncached.mean >= 5ms") == Verdict::pass);
    REQUIRE(verdict_of(result, "cached.rps >= 10") == Verdict::pass);
    const auto greatest = result.pooled(ArmKind::cached).latency.max_ns();
    REQUIRE(verdict_of(result, "cached.max <= " + std::to_string(greatest) + "ns") == Verdict::pass);
    REQUIRE(verdict_of(result, "cached.max < " + std::to_string(greatest) + "ns") == Verdict::fail);
    REQUIRE(verdict_of(result, "cached.requests >= 5100") == Verdict::pass);
    REQUIRE(verdict_of(result, "errors == 0") == Verdict::pass);
    tally_of(result, ArmKind::uncached).errors["timeout"] = 2;
    result.sum_up_blocks();
    REQUIRE(verdict_of(result, "errors == 0") == Verdict::fail);
    REQUIRE(verdict_of(result, "errors == 2") == Verdict::pass);
    REQUIRE(verdict_of(result, "errors != 2") == Verdict::fail);
    REQUIRE(verdict_of(result, "cached.errors == 0") == Verdict::pass);
    REQUIRE(verdict_of(result, "uncached.errors <= 1") == Verdict::fail);
    REQUIRE(verdict_of(result, "error_rate <= 1%") == Verdict::pass);
    REQUIRE(verdict_of(result, "error_rate == 0%") == Verdict::fail);
}

TEST_CASE("An interval from fewer than ten pairs decides nothing") {
    MadeRun made;
    made.pairs = 9;
    made.requests = 120;
    const auto few = bench::assess(made_result(made),
                                   {parse_assert("mean_reduction >= 60%"), parse_assert("hit_rate >= 90%")});
    REQUIRE(few.asserts[0].verdict == Verdict::inconclusive);
    REQUIRE(few.asserts[0].ci_low);
    REQUIRE_THAT(few.reasons.front(), Contains("fewer than 10 blocks are too few"));
    REQUIRE(few.asserts[1].verdict == Verdict::pass); // on its own interval
    made.pairs = 10;
    REQUIRE(verdict_of(made_result(made), "mean_reduction >= 60%") == Verdict::pass);
}

TEST_CASE("Several asserts are corrected for one another") {
    MadeRun made;
    made.cached_ms = 20;
    made.uncached_ms = 40;
    const auto result = made_result(made);
    const auto alone = bench::assess(result, {parse_assert("mean_reduction >= 30%")}).asserts.front();
    REQUIRE(*alone.p < 1e-6);
    REQUIRE(*alone.p_adjusted == *alone.p);
    // Just beyond the interval: it decides by itself, and no longer among several of its kind.
    const double barely = 1 - (1 - *alone.ci_low) * 1.0005;
    const Assert close = parse_assert("mean_reduction >= " + std::to_string(barely));
    const auto one = bench::assess(result, {close});
    REQUIRE(one.verdict == Verdict::pass);
    REQUIRE(*one.asserts.front().p <= 0.05);
    REQUIRE(*one.asserts.front().p > 0.04);
    const auto two = bench::assess(result, {close, close, parse_assert("errors == 0")});
    REQUIRE(two.asserts[0].verdict == Verdict::inconclusive);
    REQUIRE(*two.asserts[0].p_adjusted > 0.05);
    REQUIRE_FALSE(two.asserts[2].p);
    REQUIRE_THAT(two.reasons.front(), Contains("Holm"));
    // What is clear takes nothing from what is close.
    const auto both = bench::assess(result, {close, parse_assert("mean_reduction >= 30%")});
    REQUIRE(both.verdict == Verdict::pass);
}

TEST_CASE("A hit rate is judged on its interval, all hits on the count") {
    auto result = made_result({});
    REQUIRE(verdict_of(result, "hit_rate >= 90%") == Verdict::pass);
    REQUIRE(verdict_of(result, "hit_rate >= 100%") == Verdict::pass);
    REQUIRE(verdict_of(result, "hit_rate == 100%") == Verdict::pass);
    REQUIRE(verdict_of(result, "hit_rate >= 99.9%") == Verdict::inconclusive);
    for (std::size_t i = 0; i < 3; ++i) { // a burst: 3 blocks of 30 without a hit
        auto& tally = tally_of(result, ArmKind::cached, i);
        tally.proven_misses = std::exchange(tally.proven_hits, 0);
    }
    result.sum_up_blocks();
    REQUIRE(*bench::assess(result, {}).hit_rate == Approx(0.9));
    REQUIRE(verdict_of(result, "hit_rate >= 90%") == Verdict::inconclusive);
    REQUIRE(verdict_of(result, "hit_rate >= 100%") == Verdict::fail);
    REQUIRE(verdict_of(result, "hit_rate >= 50%") == Verdict::pass);
    result.plan.hit_headers.clear();
    REQUIRE_FALSE(bench::assess(result, {}).hit_rate);
    REQUIRE(verdict_of(result, "hit_rate >= 50%") == Verdict::inconclusive);
}

TEST_CASE("The verdict of a run") {
    auto result = made_result({});
    const auto passing = parse_assert("mean_reduction >= 60%"),
               failing = parse_assert("mean_reduction >= 99.9%");
    const auto open = parse_assert("cached.p999 <= 1s");
    const auto outcome = [&](const std::vector<Assert>& asserts) { return bench::assess(result, asserts); };
    SECTION("passes without asserts, and when all pass") {
        REQUIRE(outcome({}).verdict == Verdict::pass);
        REQUIRE(outcome({passing}).verdict == Verdict::pass);
        REQUIRE(outcome({passing}).reasons.empty());
        REQUIRE(exit_code(outcome({passing}), result) == core::ExitCode::done);
    }
    SECTION("fails when one fails, which outweighs an open one") {
        const auto assessment = outcome({passing, open, failing});
        REQUIRE(assessment.verdict == Verdict::fail);
        REQUIRE(assessment.reasons.size() == 2);
        REQUIRE_THAT(assessment.reasons.front(),
                     Contains("mean_reduction is ") && Contains(", not ≥ 99.9 %."));
        REQUIRE(exit_code(assessment, result) == core::ExitCode::negative);
    }
    SECTION("is inconclusive when one is open") {
        const auto assessment = outcome({passing, open});
        REQUIRE(assessment.verdict == Verdict::inconclusive);
        REQUIRE(assessment.reasons.size() == 1);
        REQUIRE(exit_code(assessment, result) == core::ExitCode::inconclusive);
    }
    SECTION("fails when bodies differ, whatever the asserts say") {
        result.endpoints.front().equality.mismatched = 3;
        const auto assessment = outcome({passing});
        REQUIRE(assessment.verdict == Verdict::fail);
        REQUIRE_THAT(assessment.reasons.front(), Contains("3 of 2,040 compared responses differ"));
        REQUIRE(verdict_of(result, "mismatches == 0") == Verdict::fail);
    }
    SECTION("fails when the cached arm was proven never to hit") {
        forget_hits(result, ArmKind::cached);
        const auto assessment = outcome({});
        REQUIRE(assessment.verdict == Verdict::fail);
        REQUIRE_THAT(assessment.reasons.front(), Contains("never hit") && Contains("X-Cache: HIT"));
    }
    SECTION("does not fail for hits that nothing could prove") {
        forget_hits(result, ArmKind::cached);
        result.plan.hit_headers.clear();
        REQUIRE(outcome({passing}).verdict == Verdict::pass);
    }
    SECTION("is inconclusive when the uncached arm was served by the cache") {
        for (auto& block : result.blocks)
            if (block.arm == ArmKind::uncached) block.endpoints.front().proven_hits = 30;
        result.sum_up_blocks();
        const auto assessment = outcome({passing});
        REQUIRE(assessment.verdict == Verdict::inconclusive);
        REQUIRE_THAT(assessment.reasons.front(), Contains("uncached arm was served by the cache"));
    }
    SECTION("is inconclusive, exit 130, when the run is partial") {
        result.partial = true;
        REQUIRE(outcome({passing}).verdict == Verdict::inconclusive);
        REQUIRE(outcome({passing, failing}).verdict == Verdict::fail);
        REQUIRE(exit_code(outcome({passing}), result) == core::ExitCode::interrupted);
        REQUIRE(exit_code(outcome({failing}), result) == core::ExitCode::interrupted);
    }
    SECTION("is what it is, exit 5, when the cache could not be put back as it was") {
        result.not_restored = bench::NotRestored{"on", "401", "Put it back."};
        for (const auto& asserts : std::vector<std::vector<Assert>>{{passing}, {passing, failing}, {open}})
            REQUIRE(exit_code(outcome(asserts), result) == core::ExitCode::partial);
        REQUIRE(outcome({passing}).verdict == Verdict::pass);
        REQUIRE(sentence_of(*result.not_restored) ==
                "The service's cache could not be switched on again, as it was before: 401. Put it back.");
        result.partial = true;
        REQUIRE(exit_code(outcome({passing}), result) == core::ExitCode::interrupted);
        result.stopped = core::Error(core::ExitCode::unreachable, "away");
        REQUIRE(exit_code(outcome({passing}), result) == core::ExitCode::unreachable);
    }
    SECTION("is inconclusive without a good response") {
        for (auto& block : result.blocks)
            block.endpoints.front().latency.clear();
        result.sum_up_blocks();
        const auto assessment = outcome({passing});
        REQUIRE(assessment.verdict == Verdict::inconclusive);
        REQUIRE_FALSE(assessment.asserts.front().value);
        REQUIRE_FALSE(assessment.hit_rate);
        REQUIRE(assessment.asserts.front().value_text.empty());
    }
    SECTION("of nothing at all is inconclusive") {
        const bench::Result nothing;
        REQUIRE(bench::assess(nothing, {passing, parse_assert("errors == 0")}).verdict ==
                Verdict::inconclusive);
    }
}

TEST_CASE("A proof that no answer carries proves nothing, neither hits nor misses") {
    auto result = made_result({});
    for (auto& block : result.blocks)
        for (auto& tally : block.endpoints)
            tally.proven_hits = tally.proven_misses = 0;
    result.sum_up_blocks();
    for (const bool asked : {false, true}) {
        std::vector<bench::Assert> asserts{parse_assert("mean_reduction >= 60%")};
        if (asked) asserts.push_back(parse_assert("hit_rate >= 90%"));
        const auto assessment = bench::assess(result, asserts);
        CHECK(assessment.verdict == Verdict::inconclusive);
        CHECK(assessment.reasons.front().find("No answer of any arm had the header of X-Cache: HIT") == 0);
        CHECK_FALSE(assessment.hit_rate);
        CHECK(assessment.reasons.size() == (asked ? 2U : 1U));
    }
    // One miss does not say what all the others were, nor do the other arm's. Misses of half of them do.
    const auto with_misses = [&](ArmKind arm, std::uint64_t in_each_block, bool in_all) {
        for (auto& block : result.blocks)
            if (block.arm == arm && (in_all || block.pair == 0))
                block.endpoints.front().proven_misses = in_each_block;
        result.sum_up_blocks();
        return bench::assess(result, {parse_assert("mean_reduction >= 60%")});
    };
    for (const auto& unknown :
         {with_misses(ArmKind::uncached, 34, true), with_misses(ArmKind::cached, 1, false)}) {
        CHECK(unknown.verdict == Verdict::inconclusive);
        CHECK_FALSE(unknown.hit_rate);
    }
    CHECK_THAT(
        with_misses(ArmKind::cached, 1, false).reasons.front(),
        StartsWith("Only 1 of the 1,020 good responses of the cached arm had the header of X-Cache: "));
    const auto denied = with_misses(ArmKind::cached, 17, true);
    CHECK(denied.verdict == Verdict::fail);
    CHECK(denied.hit_rate == 0.0);
    CHECK(denied.reasons.front().find("The cached arm never hit") == 0);
}

TEST_CASE("Answers that vary without the cache make a run inconclusive, and name what to leave out") {
    auto result = made_result({});
    bench::Equality& equality = result.endpoints.front().equality;
    equality.compared = 100;
    equality.mismatched = equality.differ_in_content = 50;
    const auto assess = [&] { return bench::assess(result, {parse_assert("mean_reduction >= 60%")}); };
    CHECK(assess().verdict == Verdict::fail);
    equality.varies = true;
    CHECK(assess().verdict == Verdict::inconclusive);
    CHECK_THAT(assess().reasons.front(), Contains("--no-compare"));
    equality.varying_paths = {"/items/*/id", "/meta/at"};
    CHECK_THAT(assess().reasons.front(), Contains("differ from one to the next without the cache, too") &&
                                             Contains("--ignore-json '/items/*/id' --ignore-json /meta/at"));
    equality.mismatched = 51; // one in its status, say
    CHECK(assess().verdict == Verdict::fail);
    CHECK_THAT(assess().reasons.front(), Contains("1 of 100 compared responses"));
}

TEST_CASE("A single run has no comparison but asserts of its arm") {
    auto result = made_result({});
    result.plan.single = true;
    std::erase_if(result.blocks, [](const bench::Block& block) { return block.arm == ArmKind::uncached; });
    for (auto& block : result.blocks)
        block.arm = ArmKind::single;
    result.sum_up_blocks();
    const auto assessment =
        bench::assess(result, {parse_assert("single.p95 <= 1s"), parse_assert("single.rps >= 1")});
    REQUIRE(assessment.verdict == Verdict::pass);
    REQUIRE(assessment.comparison.empty());
    REQUIRE(assessment.by_endpoint.empty());
    REQUIRE_FALSE(assessment.noise_floor);
    REQUIRE(*assessment.hit_rate == 1);
}
