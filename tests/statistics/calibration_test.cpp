// How often the statistics are right, over hundreds of made runs. They compute, and nothing else: without the
// sanitizers, which see the same code in the tests of single runs.

#include "src/bench/stats/statistics.hpp"
#include "src/bench/verdict/verdict.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/made_result.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace roacache;
using bench::Quantity;
using test::made_result;
using test::MadeRun;

namespace {

/// As if what was measured of either arm had been of the other.
bench::Result swapped(bench::Result result) {
    for (bench::Block& block : result.blocks) {
        const bool cached = block.arm == bench::ArmKind::cached;
        block.arm = cached ? bench::ArmKind::uncached : bench::ArmKind::cached;
    }
    result.sum_up_blocks();
    return result;
}

/// What is said of the comparison, without the figures.
std::vector<std::string> judgements(const bench::Result& result) {
    const bench::Assessment assessment = bench::assess(result, {});
    std::vector<std::string> all;
    for (const auto& [quantity, ratio] : assessment.comparison)
        all.push_back(std::string(bench::name_of(quantity)) + (ratio.calls_difference() ? " differs" : "") +
                      (ratio.check_disagrees() ? ", in doubt" : ""));
    for (const bench::Warning& warning : assessment.warnings)
        all.push_back(warning.name);
    return all;
}

} // namespace

TEST_CASE("Which arm is called which changes no judgement") {
    unsigned below_floor = 0;
    for (unsigned run = 0; run < 80; ++run) {
        MadeRun made;
        made.seed = 40'000 + run;
        made.pairs = 4 + run % 30;
        made.requests = 20 + 2 * (run % 40);
        made.cached_ms = 5;
        made.uncached_ms = 5 * std::exp(0.05 * static_cast<double>(run % 9) - 0.2);
        made.block_effect = 0.02 * static_cast<double>(run % 12);
        made.ratio_memory = run % 3 == 0 ? 0.5 : 0;
        made.ratio_effect = run % 3 == 0 ? 0.1 : 0;
        const bench::Result result = made_result(made);
        INFO("seed " << made.seed);
        const auto one = bench::compare(result, {}), other = bench::compare(swapped(result), {});
        REQUIRE(one.size() == other.size());
        for (const auto& [quantity, ratio] : one) {
            CHECK(1 / ratio.ratio == Approx(other.at(quantity).ratio).epsilon(1e-9));
            CHECK(1 / ratio.ci_low == Approx(other.at(quantity).ci_high).epsilon(1e-9));
            CHECK(1 / ratio.ci_high == Approx(other.at(quantity).ci_low).epsilon(1e-9));
        }
        const auto said = judgements(result);
        CHECK(said == judgements(swapped(result)));
        below_floor += static_cast<unsigned>(std::count(said.begin(), said.end(), "below-noise-floor"));
    }
    CHECK(below_floor > 0);
}

TEST_CASE("Identical arms are called different in about one run of twenty") {
    constexpr unsigned k_runs = 300;
    std::map<Quantity, unsigned> called;
    for (unsigned run = 0; run < k_runs; ++run) {
        MadeRun made;
        made.cached_ms = made.uncached_ms = 5;
        made.requests = 170; // enough for p99
        made.seed = 1000 + run;
        for (const auto& [quantity, ratio] : bench::compare(made_result(made), {}))
            called[quantity] += ratio.calls_difference() ? 1 : 0;
    }
    REQUIRE(called.size() == 6);
    for (const auto& [quantity, count] : called) {
        INFO(bench::name_of(quantity) << ": " << count << " of " << k_runs);
        CHECK(count <= k_runs * 9 / 100);
    }
}

TEST_CASE("The interval holds the true ratio in most runs, with few pairs too") {
    for (const unsigned pairs : {2U, 3U, 5U, 10U}) {
        constexpr unsigned k_runs = 200;
        unsigned missed = 0;
        for (unsigned run = 0; run < k_runs; ++run) {
            MadeRun made;
            made.pairs = pairs;
            made.seed = 5000 + run;
            const auto ratio = bench::compare(made_result(made), {}).at(Quantity::mean);
            missed += 1.0 / 40 < ratio.ci_low || 1.0 / 40 > ratio.ci_high ? 1 : 0;
        }
        INFO(pairs << " pairs: " << missed << " of " << k_runs);
        CHECK(missed <= k_runs / 10);
    }
}

TEST_CASE("A true difference of 10 % is found, with the right sign") {
    unsigned found = 0;
    for (unsigned run = 0; run < 60; ++run) {
        MadeRun made;
        made.cached_ms = 9;
        made.uncached_ms = 10;
        made.requests = 100;
        made.block_effect = 0.03;
        made.seed = 9000 + run;
        const auto ratio = bench::compare(made_result(made), {}).at(Quantity::mean);
        found += ratio.ci_high < 1 ? 1 : 0;
        REQUIRE(ratio.ci_low < 1);
    }
    REQUIRE(found >= 57);
}

TEST_CASE("The signed-rank test calls identical arms different as seldom as the bootstrap") {
    constexpr unsigned k_runs = 300;
    unsigned called = 0;
    for (unsigned run = 0; run < k_runs; ++run) {
        MadeRun made;
        made.cached_ms = made.uncached_ms = 5;
        made.seed = 20'000 + run;
        const auto ratio = bench::compare(made_result(made), {}).at(Quantity::mean);
        called += ratio.check->signed_rank_p < 0.05 ? 1 : 0;
    }
    CHECK(called >= k_runs * 2 / 100);
    CHECK(called <= k_runs * 9 / 100);
}

TEST_CASE("Two identical arms whose blocks remember are seldom called different") {
    constexpr unsigned k_runs = 200;
    unsigned called = 0, longer = 0, warned = 0;
    for (unsigned run = 0; run < k_runs; ++run) {
        MadeRun made;
        made.pairs = 60;
        made.cached_ms = made.uncached_ms = 5;
        made.ratio_effect = 0.2;
        made.ratio_memory = 0.6; // independent blocks assumed, one run in three is called different
        made.seed = 700 + run;
        const auto ratio = bench::compare(made_result(made), {}).at(Quantity::mean);
        called += ratio.calls_difference() ? 1 : 0;
        longer += ratio.blocks < 60 ? 1 : 0;
        warned += ratio.check->dependence->remarkable ? 1 : 0;
    }
    INFO(called << " called, " << longer << " with longer blocks");
    CHECK(longer >= k_runs * 85 / 100);
    CHECK(warned >= k_runs * 85 / 100);
    CHECK(called <= k_runs * 12 / 100);
}
