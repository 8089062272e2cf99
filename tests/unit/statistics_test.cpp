#include "src/bench/stats/statistics.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/made_result.hpp"

using namespace roacache;
using bench::ArmKind;
using bench::Figure;
using bench::Quantity;
using test::made_result;
using test::MadeRun;

namespace {

void require_sound(const bench::Ratio& ratio) {
    REQUIRE(std::isfinite(ratio.ratio));
    REQUIRE(std::isfinite(ratio.ci_low));
    REQUIRE(std::isfinite(ratio.ci_high));
    REQUIRE(ratio.ci_low > 0);
    REQUIRE(ratio.ci_low <= ratio.ratio);
    REQUIRE(ratio.ci_high >= ratio.ratio);
}

void keep_good(bench::Block& block, bool keep) {
    if (keep) return;
    for (auto& tally : block.endpoints) {
        tally.errors["connect"] = tally.requests;
        tally.latency.clear();
        tally.proven_hits = tally.proven_misses = 0;
    }
}

} // namespace

TEST_CASE("The estimate is the ratio of the arms' figures") {
    MadeRun made;
    made.requests = 170;
    const auto result = made_result(made);
    const auto comparison = bench::compare(result, {});
    const auto cached = result.pooled(ArmKind::cached), uncached = result.pooled(ArmKind::uncached);
    const auto ratio = [&](Quantity quantity) { return comparison.at(quantity).ratio; };
    REQUIRE(ratio(Quantity::mean) == Approx(cached.latency.mean_ns() / uncached.latency.mean_ns()));
    REQUIRE(ratio(Quantity::total_time) ==
            Approx(result.seconds.at(ArmKind::cached) / result.seconds.at(ArmKind::uncached)));
    for (const auto& [quantity, q] :
         {std::pair{Quantity::p50, 0.5}, {Quantity::p90, 0.9}, {Quantity::p95, 0.95}, {Quantity::p99, 0.99}})
        REQUIRE(ratio(quantity) ==
                Approx(cached.latency.quantile_ns(q) / uncached.latency.quantile_ns(q)).epsilon(0.008));
    for (const auto& [quantity, one] : comparison)
        require_sound(one);
    REQUIRE(comparison.at(Quantity::mean).reduction_percent() == Approx(97.5).margin(0.3));
}

TEST_CASE("The same run gives the same intervals") {
    const auto result = made_result({});
    const auto one = bench::compare(result, {}), other = bench::compare(result, {});
    for (const auto& [quantity, ratio] : one) {
        REQUIRE(ratio.ci_low == other.at(quantity).ci_low);
        REQUIRE(ratio.ci_high == other.at(quantity).ci_high);
    }
}

TEST_CASE("What cannot be estimated is absent") {
    MadeRun made;
    SECTION("one pair has no interval") {
        made.pairs = 1;
        REQUIRE(bench::compare(made_result(made), {}).empty());
        REQUIRE_FALSE(bench::interval_of(made_result(made), ArmKind::cached, Figure::mean));
        REQUIRE_FALSE(bench::noise_floor(made_result(made)));
    }
    SECTION("a quantile needs fifty values above it") {
        made.pairs = 10;
        made.requests = 100;
        const auto comparison = bench::compare(made_result(made), {});
        REQUIRE(comparison.contains(Quantity::p95));
        REQUIRE_FALSE(comparison.contains(Quantity::p99));
        REQUIRE(bench::interval_of(made_result(made), ArmKind::cached, Figure::p95));
        REQUIRE_FALSE(bench::interval_of(made_result(made), ArmKind::cached, Figure::p99));
        made.requests = 99;
        REQUIRE_FALSE(bench::compare(made_result(made), {}).contains(Quantity::p95));
        REQUIRE(bench::needed_for_quantile(0.5) == 100);
        REQUIRE(bench::needed_for_quantile(0.9) == 500);
        REQUIRE(bench::needed_for_quantile(0.95) == 1000);
        REQUIRE(bench::needed_for_quantile(0.99) == 5000);
        REQUIRE(bench::needed_for_quantile(0.999) == 50000);
    }
    SECTION("an arm without a good response") {
        auto result = made_result(made);
        for (auto& block : result.blocks)
            keep_good(block, block.arm != ArmKind::uncached);
        result.sum_up_blocks();
        REQUIRE(bench::compare(result, {}).empty());
        REQUIRE_FALSE(bench::interval_of(result, ArmKind::uncached, Figure::mean));
        REQUIRE_FALSE(bench::noise_floor(result));
    }
    SECTION("no block at all, and an endpoint that is none") {
        bench::Result result;
        REQUIRE(bench::compare(result, {}).empty());
        REQUIRE_FALSE(bench::noise_floor(result));
        REQUIRE_FALSE(bench::interval_of(result, ArmKind::cached, Figure::rps));
        REQUIRE(bench::compare(made_result(made), 7).empty());
    }
}

TEST_CASE("A block without its partner is left out") {
    auto result = made_result({});
    const auto whole = bench::compare(result, {});
    bench::Block orphan = result.blocks.front();
    orphan.pair = 99;
    orphan.endpoints.front().latency.record(900'000'000'000, 50);
    result.blocks.push_back(orphan);
    REQUIRE(bench::compare(result, {}).at(Quantity::mean).ratio == whole.at(Quantity::mean).ratio);
}

TEST_CASE("Blocks that failed as a whole leave the others' estimate sound") {
    auto result = made_result({});
    for (std::size_t i = 0; i < result.blocks.size(); i += 3)
        keep_good(result.blocks[i], false);
    result.sum_up_blocks();
    for (const auto& [quantity, ratio] : bench::compare(result, {}))
        require_sound(ratio);
    REQUIRE(bench::compare(result, {}).contains(Quantity::mean));
}

TEST_CASE("Endpoints that share blocks have their own ratios but no total time of their own") {
    MadeRun made;
    made.endpoints = 3;
    const auto result = made_result(made);
    REQUIRE(bench::compare(result, {}).contains(Quantity::total_time));
    REQUIRE_FALSE(bench::compare(result, 1).contains(Quantity::total_time));
    REQUIRE(bench::compare(result, 1).at(Quantity::p50).ratio == Approx(1.0 / 40).epsilon(0.1));
}

TEST_CASE("The noise floor grows with the noise between blocks") {
    MadeRun quiet, loud;
    quiet.pair_effect = 0;
    quiet.block_effect = 0.001;
    loud.pair_effect = 0.5;
    const auto low = bench::noise_floor(made_result(quiet));
    const auto high = bench::noise_floor(made_result(loud));
    REQUIRE(low);
    REQUIRE(high);
    REQUIRE(*low > 1);
    REQUIRE(*low < 1.15);
    REQUIRE(*high > *low);
}

TEST_CASE("The check next to the bootstrap is of the pairs' own ratios") {
    const auto comparison = bench::compare(made_result({}), {});
    for (const Quantity quantity : {Quantity::mean, Quantity::p50}) {
        const bench::Ratio& ratio = comparison.at(quantity);
        REQUIRE(ratio.check);
        REQUIRE(ratio.check->hodges_lehmann_ratio == Approx(1.0 / 40).epsilon(0.1));
        REQUIRE(ratio.check->signed_rank_p < 1e-5);
        REQUIRE(ratio.check->pairs == 30);
        REQUIRE(ratio.check->dependence);
        REQUIRE(ratio.blocks <= 30);
        REQUIRE(ratio.blocks >= 10);
        REQUIRE_FALSE(ratio.check_disagrees());
    }
    REQUIRE_FALSE(comparison.at(Quantity::p90).check);
    bench::Ratio doubtful{0.9, 0.85, 0.95, 30, bench::Check{0.98, 0.2, 30, {}, false}};
    REQUIRE(doubtful.check_disagrees());
    doubtful.check->signed_rank_p = 0.01;
    REQUIRE_FALSE(doubtful.check_disagrees());
    doubtful.check->hodges_lehmann_ratio = 1.02;
    REQUIRE(doubtful.check_disagrees());
    doubtful.blocks = 5;
    REQUIRE_FALSE(doubtful.check_disagrees());
    doubtful.blocks = 30;
    doubtful.ci_high = 1.01;
    REQUIRE_FALSE(doubtful.check_disagrees());
}

TEST_CASE("Figures of one arm lie in their intervals") {
    MadeRun made;
    made.requests = 170;
    const auto result = made_result(made);
    const auto cached = result.pooled(ArmKind::cached);
    const auto holds = [&](Figure figure, double value) {
        const auto interval = bench::interval_of(result, ArmKind::cached, figure);
        REQUIRE(interval);
        REQUIRE(interval->low <= value * 1.004);
        REQUIRE(interval->high >= value * 0.996);
    };
    holds(Figure::mean, cached.latency.mean_ns());
    holds(Figure::p50, cached.latency.quantile_ns(0.5));
    holds(Figure::p99, cached.latency.quantile_ns(0.99));
    holds(Figure::rps, static_cast<double>(cached.latency.count()) / result.seconds.at(ArmKind::cached));
    REQUIRE_FALSE(bench::interval_of(result, ArmKind::cached, Figure::p999));
    const auto hits = bench::interval_of(result, ArmKind::cached, Figure::hit_rate);
    REQUIRE(hits);
    REQUIRE(hits->high == Approx(1));
    REQUIRE(hits->low < 1);
    REQUIRE(hits->low > 0.99);
}

TEST_CASE("Student's t and the Wilson interval have the values of the tables") {
    REQUIRE(bench::t_975(1) == Approx(12.7062).epsilon(1e-5));
    REQUIRE(bench::t_975(10) == Approx(2.2281).epsilon(1e-4));
    REQUIRE(bench::t_975(11) == Approx(2.2010).epsilon(1e-4));
    REQUIRE(bench::t_975(29) == Approx(2.0452).epsilon(1e-4));
    REQUIRE(bench::t_975(120) == Approx(1.9799).epsilon(1e-4));
    const auto interval = bench::wilson_interval(8, 10); // Newcombe 1998
    REQUIRE(interval.low == Approx(0.4902).epsilon(1e-3));
    REQUIRE(interval.high == Approx(0.9433).epsilon(1e-3));
    REQUIRE(bench::wilson_interval(100, 100).high == Approx(1));
    REQUIRE(bench::wilson_interval(0, 100).low == Approx(0).margin(1e-12));
}
