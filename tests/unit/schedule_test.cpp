#include "src/bench/schedule.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace roacache::bench;

namespace {

Plan plan_of(std::uint64_t requests, unsigned blocks) {
    Plan plan;
    plan.endpoints.resize(1);
    plan.requests = requests;
    plan.blocks = blocks;
    return plan;
}

std::string order_of(const std::vector<ScheduledBlock>& blocks) {
    std::string order;
    for (const ScheduledBlock& block : blocks)
        order += block.arm == ArmKind::cached ? 'c' : 'u';
    return order;
}

} // namespace

TEST_CASE("random numbers follow from the seed alone", "[bench][schedule]") {
    // splitmix64 from 0 begins e220a8397b1dcdaf 6e789e6aa1b965f4 …; xoshiro256** yields rotl(s1 * 5, 7) * 9.
    Random random(0);
    CHECK(random.next() == 0x99ec5f36cb75f2b4);
    CHECK(Random(7).next() == Random(7).next());
    CHECK(Random(7).next() != Random(8).next());
}

TEST_CASE("random numbers below a limit are even", "[bench][schedule]") {
    Random random(3);
    std::map<std::uint64_t, int> counts;
    for (int i = 0; i < 60'000; ++i)
        ++counts[random.below(6)];
    REQUIRE(counts.size() == 6);
    for (const auto& [value, count] : counts)
        CHECK(std::abs(count - 10'000) < 500);
    CHECK(random.below(1) == 0);
}

TEST_CASE("every pair has both arms, in an order that the seed settles", "[bench][schedule]") {
    Plan plan = plan_of(1000, 30);
    const auto blocks = schedule(plan);
    REQUIRE(blocks.size() == 60);
    for (std::size_t i = 0; i < blocks.size(); i += 2) {
        CHECK(blocks[i].pair == i / 2);
        CHECK(blocks[i + 1].pair == i / 2);
        CHECK(blocks[i].arm != blocks[i + 1].arm);
        CHECK(blocks[i].requests == blocks[i + 1].requests);
    }
    CHECK(order_of(schedule(plan)) == order_of(blocks));
    const auto first_arms = [](const std::string& order) {
        std::string first;
        for (std::size_t i = 0; i < order.size(); i += 2)
            first += order[i];
        return first;
    };
    CHECK(first_arms(order_of(blocks)).find('c') != std::string::npos);
    CHECK(first_arms(order_of(blocks)).find('u') != std::string::npos);
    plan.seed = 2;
    CHECK(order_of(schedule(plan)) != order_of(blocks));
}

TEST_CASE("requests are spread evenly over the blocks, none lost", "[bench][schedule]") {
    const auto requests = GENERATE(as<std::uint64_t>(), 1, 7, 29, 30, 31, 59, 1000, 100'003);
    const auto blocks = schedule(plan_of(requests, 30));
    CHECK(blocks.size() == 2 * std::min<std::uint64_t>(requests, 30));
    std::map<ArmKind, std::uint64_t> sums;
    std::set<std::uint64_t> shares;
    for (const ScheduledBlock& block : blocks) {
        sums[block.arm] += block.requests.value();
        shares.insert(block.requests.value());
    }
    CHECK(sums[ArmKind::cached] == requests);
    CHECK(sums[ArmKind::uncached] == requests);
    CHECK(*shares.rbegin() - *shares.begin() <= 1);
    CHECK(*shares.begin() > 0);
}

TEST_CASE("blocks of a duration are bounded by their cap alone", "[bench][schedule]") {
    Plan plan = plan_of(5, 10);
    plan.duration = std::chrono::seconds(1);
    CHECK(schedule(plan).size() == 20);
    CHECK_FALSE(schedule(plan)[0].requests.has_value());
    plan.duration_cap = 100;
    CHECK(schedule(plan)[0].requests == 10);
    plan.single = true;
    CHECK(schedule(plan).size() == 10);
    CHECK(schedule(plan)[0].arm == ArmKind::single);
}

TEST_CASE("endpoints come round after round, each round in its own order", "[bench][schedule]") {
    const auto take = [](EndpointOrder order) {
        std::vector<std::size_t> taken;
        while (const auto endpoint = order.next())
            taken.push_back(*endpoint);
        return taken;
    };
    const auto taken = take(EndpointOrder({0, 1, 2, 3, 4}, 40, 1, 0));
    REQUIRE(taken.size() == 200);
    std::set<std::vector<std::size_t>> rounds;
    for (std::size_t i = 0; i < taken.size(); i += 5) {
        const std::vector<std::size_t> round(taken.begin() + static_cast<long>(i),
                                             taken.begin() + static_cast<long>(i) + 5);
        CHECK(std::set<std::size_t>(round.begin(), round.end()).size() == 5);
        rounds.insert(round);
    }
    CHECK(rounds.size() > 20);
    CHECK(take(EndpointOrder({0, 1, 2, 3, 4}, 40, 1, 0)) == taken);
    CHECK(take(EndpointOrder({0, 1, 2, 3, 4}, 40, 1, 1)) != taken);
    CHECK(take(EndpointOrder({0, 1, 2, 3, 4}, 40, 2, 0)) != taken);
    CHECK(take(EndpointOrder({}, std::nullopt, 1, 0)).empty());
}

TEST_CASE("an order knows when it is over", "[bench][schedule]") {
    EndpointOrder order({4}, 2, 1, 0);
    CHECK_FALSE(order.over());
    CHECK(order.next() == 4);
    CHECK_FALSE(order.over());
    CHECK(order.next() == 4);
    CHECK(order.over());
    CHECK_FALSE(order.next().has_value());
}
