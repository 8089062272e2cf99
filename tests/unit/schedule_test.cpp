#include "src/bench/load/schedule.hpp"
#include "tests/support/catch.hpp"

#include <limits>
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
    const unsigned connections = GENERATE(1U, 10U);
    Plan plan = plan_of(requests, 30);
    plan.concurrency = connections;
    const auto blocks = schedule(plan);
    const std::uint64_t most = connections == 1 || requests >= 900 ? 30 : 10;
    CHECK(blocks.size() == 2 * std::min<std::uint64_t>(requests, most));
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

TEST_CASE("blocks have requests for all connections, but there are ten at least", "[bench][schedule]") {
    Plan plan = plan_of(10'000, 30);
    for (const auto& [connections, pairs] : std::map<unsigned, unsigned>{
             {1, 30}, {100, 30}, {111, 30}, {112, 29}, {200, 16}, {500, 10}, {5000, 10}}) {
        plan.concurrency = connections;
        CHECK(plan.pairs() == pairs);
    }
    plan.concurrency = 200;
    plan.endpoints.resize(2);
    plan.endpoints[1].weight = 2;
    CHECK(plan.pairs() == 30);
    plan.endpoints.resize(1);
    plan.blocks = 5;
    CHECK(plan.pairs() == 5);
    plan.requests = 3;
    CHECK(plan.pairs() == 3);
    plan = plan_of(std::numeric_limits<std::uint64_t>::max(), 30);
    CHECK(plan.pairs() == 30);
    plan.rate = 100;
    plan.requests = 40;
    CHECK(plan.pairs() == 30);
    plan.closed_loop = 10;
    CHECK(plan.pairs() == 10);
    CHECK(plan.as_closed_loop().pairs() == 10);
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

TEST_CASE("one loop has one stretch, of all pairs", "[bench][schedule]") {
    Plan plan = plan_of(1000, 30);
    const auto all = loop_turns(plan);
    REQUIRE(all.size() == 1);
    CHECK_FALSE(all[0].closed_loop);
    CHECK(all[0].pairs == 30);
    CHECK(order_of(schedule(plan, all[0], {})) == order_of(schedule(plan)));
    plan.rate = 1;
    plan.duration = std::chrono::seconds(10);
    CHECK(loop_turns(plan)[0].pairs == 5);
}

TEST_CASE("both loops take turns of about two timeouts, and share all pairs", "[bench][schedule]") {
    Plan plan = plan_of(1000, 30); // of each arm: 20 s at the rate
    plan.rate = 100;
    plan.closed_loop = 10;
    plan.timeout = std::chrono::seconds(3);
    const auto all = loop_turns(plan);
    REQUIRE(all.size() == 6);
    unsigned first = 0;
    for (std::size_t i = 0; i < all.size(); i += 2) {
        CHECK(all[i].closed_loop != all[i + 1].closed_loop);
        CHECK(all[i].first_pair == first);
        CHECK(all[i + 1].first_pair == first);
        CHECK(all[i].pairs == all[i + 1].pairs);
        CHECK(all[i].pairs >= 5);
        first += all[i].pairs;
    }
    CHECK(first == 30);
    plan.timeout = std::chrono::minutes(1);
    CHECK(loop_turns(plan).size() == 2);
    plan.timeout = std::chrono::nanoseconds(1);
    CHECK(loop_turns(plan).size() == 60);
}

TEST_CASE("the loops' turns keep step with nothing", "[bench][schedule]") {
    Plan plan = plan_of(100'000, 400); // of each arm: 2,000 s at the rate
    plan.rate = 100;
    plan.closed_loop = 10;
    std::set<unsigned> lengths;
    unsigned closed_first = 0;
    const auto all = loop_turns(plan);
    for (std::size_t i = 0; i < all.size(); i += 2) {
        lengths.insert(all[i].pairs);
        closed_first += all[i].closed_loop ? 1 : 0;
    }
    CHECK(all.size() == 400);
    CHECK(closed_first > 70);
    CHECK(closed_first < 130);
    plan.timeout = std::chrono::seconds(50);
    for (const LoopTurn& turn : loop_turns(plan))
        lengths.insert(turn.pairs);
    CHECK(lengths.size() > 5);
}

TEST_CASE("the stretches of a schedule are all of it", "[bench][schedule]") {
    Plan plan = plan_of(1003, 30);
    const auto whole = schedule(plan);
    std::vector<ScheduledBlock> blocks;
    for (const LoopTurn& turn : {LoopTurn{false, 0, 7}, LoopTurn{false, 7, 20}, LoopTurn{false, 27, 3}})
        for (const ScheduledBlock& block : schedule(plan, turn, {}))
            blocks.push_back(block);
    REQUIRE(blocks.size() == whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        CHECK(blocks[i].pair == whole[i].pair);
        CHECK(blocks[i].arm == whole[i].arm);
        CHECK(blocks[i].requests == whole[i].requests);
    }
}

TEST_CASE("at a rate a stretch has the requests that are due in its time", "[bench][schedule]") {
    Plan plan = plan_of(1, 30);
    plan.rate = 100;
    plan.duration = std::chrono::seconds(60);
    const auto requests_in = [&](std::chrono::milliseconds time) {
        std::uint64_t requests = 0;
        for (const ScheduledBlock& block : schedule(plan, {false, 10, 10}, time)) {
            CHECK(block.pair >= 10);
            CHECK(block.pair < 20);
            requests += block.requests.value();
        }
        return requests;
    };
    CHECK(requests_in(std::chrono::seconds(2)) == 200);
    CHECK(requests_in(std::chrono::milliseconds(60)) == 6); // of three pairs
    CHECK(requests_in(std::chrono::milliseconds(0)) == 0);
    plan.duration_cap = 90; // of each arm, in three such stretches
    CHECK(requests_in(std::chrono::seconds(2)) == 60);
}

TEST_CASE("the closed loop that alternates with an open one has a plan of its own", "[bench][schedule]") {
    Plan plan = plan_of(1000, 30);
    plan.rate = 1;
    plan.duration = std::chrono::seconds(20);
    plan.concurrency = 500;
    plan.threads = 4;
    plan.closed_loop = 2;
    CHECK(plan.most_requests() == 5U); // half of the time, two arms
    CHECK(plan.most_callers() == 500);
    const Plan closed = plan.as_closed_loop();
    CHECK_FALSE(closed.rate);
    CHECK_FALSE(closed.closed_loop);
    CHECK(closed.concurrency == 2);
    CHECK(closed.threads == 2);
    CHECK(closed.blocks == 5);
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
