#include "src/bench/stats/longer_blocks.hpp"
#include "src/bench/stats/statistics.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/made_result.hpp"

using namespace roacache;
using bench::Quantity;
using test::made_result;
using test::MadeRun;

namespace {

/// Each value is `memory` times the one before and something new.
std::vector<double> remembering(std::size_t n, double memory, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::vector<double> values(n);
    double last = normal(random);
    for (double& value : values)
        value = last = memory * last + std::sqrt(1 - memory * memory) * normal(random);
    return values;
}

} // namespace

TEST_CASE("The lag-1 correlation is found, and what it does to the mean's variance") {
    const auto found = bench::dependence(remembering(20'000, 0.5, 1));
    REQUIRE(found);
    REQUIRE(found->lag1 == Approx(0.5).margin(0.03));
    REQUIRE(found->design_effect == Approx(3).margin(0.3));
    REQUIRE(found->remarkable);
    const auto turning = bench::dependence(remembering(20'000, -0.5, 2));
    REQUIRE(turning->lag1 == Approx(-0.5).margin(0.03));
    REQUIRE(turning->design_effect == 1);
    REQUIRE_FALSE(turning->remarkable);
    const std::vector<double> rising{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}; // by hand: 0.7
    REQUIRE(bench::dependence(rising)->lag1 == Approx(0.7));
    REQUIRE_FALSE(bench::dependence(std::vector<double>(30, 1.0)));
    REQUIRE_FALSE(bench::dependence(remembering(9, 0.9, 3)));
}

TEST_CASE("Independent values are found remarkable in about one series of twenty") {
    for (const std::size_t n : {10U, 30U, 200U}) {
        unsigned called = 0;
        for (std::uint64_t seed = 0; seed < 2000; ++seed)
            called += bench::dependence(remembering(n, 0, seed))->remarkable ? 1 : 0;
        INFO(n << " values: " << called << " of 2000");
        CHECK(called <= 140);
        CHECK(called >= 40);
    }
}

TEST_CASE("Groups are of neighbours, as even as can be, and lose nothing") {
    const std::vector<double> values{1, 2, 3, 4, 5, 6, 7};
    REQUIRE(bench::grouped(values, 3) == std::vector<double>{1.5, 3.5, 6});
    REQUIRE(bench::grouped(values, 7) == values);
    std::vector<bench::BlockFigures> blocks(3);
    blocks[0] = {{3, 3, 30, 1, 3, 2}, {{5, 1}, {9, 2}}};
    blocks[1] = {{1, 1, 10, 2, 1, 0}, {{9, 1}}};
    blocks[2] = {{1, 0, 0, 4, 0, 0}, {{4, 1}}};
    const auto longer = bench::grouped(blocks, 2);
    REQUIRE(longer.size() == 2);
    REQUIRE(longer[1].latency.size() == 2);
    REQUIRE(longer[1].latency[0].bucket == 4);
    REQUIRE(longer[1].latency[1].count == 1);
    REQUIRE(longer[0].seconds == 1);
    REQUIRE(longer[1].seconds == 6);
    REQUIRE(longer[1].ranked == 2);
    REQUIRE(longer[1].good == 1);
    REQUIRE(longer[1].sum_ns == 10);
    REQUIRE(longer[0].answered == 3);
    REQUIRE(longer[0].hits == 2);
}

TEST_CASE("Blocks are taken together until they are independent, but ten are left") {
    const auto slowly = remembering(300, 0.999, 4);
    const auto somewhat = remembering(3000, 0.4, 5);
    REQUIRE(bench::take_together(300, {slowly}).groups == 10);
    const std::size_t groups = bench::take_together(3000, {somewhat}).groups;
    REQUIRE(groups < 1600);
    REQUIRE(groups >= 30);
    REQUIRE(bench::take_together(3000, {remembering(3000, 0, 9), somewhat}).groups == groups);
    REQUIRE(bench::take_together(30, {remembering(30, -0.3, 6)}).groups == 30);
    REQUIRE(bench::take_together(30, {remembering(30, -0.3, 6)}).widening == 1);
    REQUIRE(bench::take_together(9, {{1, 2, 3, 4, 5, 6, 7, 8, 9}}).groups == 9);
    REQUIRE(bench::take_together(30, {}).groups == 30);
    // What is left stretches: a rising series in ten groups, 0.7 as above, 0.31 more for the bias.
    std::vector<double> steps;
    for (int i = 0; i < 19; ++i)
        steps.push_back(i);
    const bench::Together rising = bench::take_together(19, {steps});
    REQUIRE(rising.groups == 19); // two blocks a group would be nine groups
    REQUIRE(rising.widening == 1);
    steps.push_back(19);
    REQUIRE(bench::take_together(20, {steps}).groups == 10);
    REQUIRE(bench::take_together(20, {steps}).widening == Approx(std::sqrt(1.95 / 0.05)));
}
