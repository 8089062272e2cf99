#include "src/bench/load/turns.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <map>
#include <utility>

using namespace roacache::bench;

namespace {

EndpointOrder order_of(std::uint64_t rounds, unsigned pair) {
    return {{0, 1, 2}, rounds, 1, pair};
}

std::vector<std::size_t> all_of(EndpointOrder order) {
    std::vector<std::size_t> all;
    while (const auto endpoint = order.next())
        all.push_back(*endpoint);
    return all;
}

const EndpointOrder k_no_fillers({}, {}, 1, 0);

} // namespace

TEST_CASE("shares are even and leave nothing over", "[bench][turns]") {
    for (const std::size_t whole : {0U, 1U, 7U, 64U})
        for (const std::size_t of : {1U, 3U, 8U}) {
            std::size_t sum = 0;
            for (std::size_t index = 0; index < of; ++index) {
                const std::size_t share = Part{index, of}.share(whole);
                CHECK(share >= whole / of);
                CHECK(share <= (whole + of - 1) / of);
                sum += share;
            }
            CHECK(sum == whole);
        }
}

TEST_CASE("threads that share an order take each request of it once, in its order", "[bench][turns]") {
    ClosedLoop loop;
    loop.begin(150, 0, 1);
    std::vector<Turns> threads(3);
    for (std::size_t i = 0; i < threads.size(); ++i)
        threads[i].share(order_of(50, 4), k_no_fillers, 3, {i, threads.size()}, loop);
    std::vector<std::size_t> sent;
    Random who(7);
    for (;;) {
        Turns& thread = threads[who.below(threads.size())];
        const bool left = thread.next_due() != Turns::k_never;
        const auto turn = thread.take();
        CHECK(turn.has_value() == left);
        if (!turn) break;
        CHECK(turn->begins_job == sent.empty());
        sent.push_back(turn->endpoint);
    }
    CHECK(sent == all_of(order_of(50, 4)));
    for (Turns& thread : threads)
        CHECK_FALSE(thread.take());
}

TEST_CASE("where each connection sends one request no thread takes more than its share", "[bench][turns]") {
    ClosedLoop loop;
    loop.begin(10, 0, 1);
    std::vector<Turns> threads(4);
    for (std::size_t i = 0; i < threads.size(); ++i)
        threads[i].share(EndpointOrder({0}, 10, 1, 0), k_no_fillers, 10, {i, threads.size()}, loop);
    for (std::size_t i = 0; i < threads.size(); ++i) {
        std::size_t its = 0;
        while (threads[i].take())
            ++its;
        CHECK(its == (i < 2 ? 3 : 2));
        CHECK(threads[i].next_due() == Turns::k_never);
    }
}

TEST_CASE("there is a limit to fillers, however long what counts is under way", "[bench][turns]") {
    ClosedLoop loop;
    loop.begin(2, 3, 1);
    Turns turns;
    turns.share(order_of(1, 4), EndpointOrder({0, 1, 2}, {}, 2, 4), 3, {}, loop);
    int fillers = 0;
    const auto take_fillers = [&](int most) {
        for (int i = 0; i < most; ++i) {
            const auto turn = turns.take();
            if (!turn || !turn->filler) return turn.has_value();
            ++fillers;
        }
        return false;
    };
    // Of connections that never become busy, too.
    CHECK(take_fillers(1000));
    CHECK(fillers == 300);
    REQUIRE(turns.take());
    CHECK_FALSE(take_fillers(1000));
    CHECK(fillers == 300);
}

TEST_CASE("an order without end is never over", "[bench][turns]") {
    ClosedLoop loop;
    Turns turns;
    const EndpointOrder endless({0, 1}, {}, 1, 0);
    loop.begin(endless.size(), 0, 1);
    turns.share(endless, k_no_fillers, 2, {}, loop);
    for (int i = 0; i < 1000; ++i)
        REQUIRE(turns.take());
    CHECK(turns.next_due() == 0);
    loop.begin(0, 0, 1);
    turns.share(EndpointOrder({}, {}, 1, 0), k_no_fillers, 2, {}, loop);
    CHECK_FALSE(turns.take());
}

TEST_CASE("what counts begins when all connections are busy, and fillers last as long as it does",
          "[bench][turns]") {
    ClosedLoop loop;
    loop.begin(6, 4, 1);
    std::vector<Turns> threads(2);
    for (std::size_t i = 0; i < threads.size(); ++i)
        threads[i].share(order_of(2, 4), EndpointOrder({0, 1, 2}, {}, 2, 4), 4, {i, threads.size()}, loop);
    const auto takes_filler = [&](std::size_t thread, bool counting = true) {
        CHECK(threads[thread].next_due(counting) == 0);
        return threads[thread].take(counting).value().filler;
    };
    for (int i = 0; i < 3; ++i) {
        loop.connection_begins();
        CHECK(takes_filler(static_cast<std::size_t>(i) % 2));
    }
    CHECK(takes_filler(0)); // answered before the last connection is busy
    loop.connection_begins();
    for (std::int64_t i = 0; i < 6; ++i) {
        CHECK_FALSE(takes_filler(1));
        loop.counted_begins(10 + i);
    }
    for (int i = 0; i < 6; ++i) {
        CHECK(takes_filler(0));
        CHECK(takes_filler(1, false));
        loop.counted_ends(100 - i);
    }
    for (Turns& thread : threads) {
        CHECK(thread.next_due() == Turns::k_never);
        CHECK_FALSE(thread.take());
    }
    CHECK(loop.counted_from() == 10);
    CHECK(loop.counted_until() == 100);
    CHECK(loop.overlap(5, 15) == 5);
    CHECK(loop.overlap(15, 25) == 10);
    CHECK(loop.overlap(90, 120) == 10);
    CHECK(loop.overlap(101, 120) == 0);
}

TEST_CASE("threads on a schedule send at the moments at which one thread would", "[bench][turns]") {
    constexpr double k_interval = 1e9 / 300;
    constexpr std::int64_t k_start = 1'000'000'000'000;
    const std::vector<EndpointOrder> orders{order_of(4, 1), order_of(0, 2), order_of(1, 3), order_of(9, 4)};
    for (const std::size_t of : {1U, 2U, 5U, 64U}) {
        std::map<std::int64_t, std::pair<std::size_t, std::size_t>> sent; // due: job, endpoint
        std::map<std::size_t, std::int64_t> begun;
        for (std::size_t index = 0; index < of; ++index) {
            Turns turns;
            turns.schedule(orders, k_interval, k_start, {index, of});
            CHECK(turns.scheduled());
            while (turns.next_due() != Turns::k_never) {
                const std::int64_t due = turns.next_due();
                const auto turn = turns.take();
                REQUIRE(turn);
                CHECK(sent.try_emplace(due, turn->job, turn->endpoint).second);
                if (turn->begins_job) CHECK(begun.try_emplace(turn->job, due).second);
            }
            CHECK_FALSE(turns.take());
            CHECK(turns.job() == orders.size());
        }
        std::size_t number = 0;
        for (const std::size_t job : {0U, 2U, 3U}) {
            CHECK(begun.at(job) == k_start + std::llround(static_cast<double>(number) * k_interval));
            for (const std::size_t endpoint : all_of(orders[job])) {
                const std::int64_t due = k_start + std::llround(static_cast<double>(number++) * k_interval);
                REQUIRE(sent.contains(due));
                CHECK(sent.at(due) == std::pair(job, endpoint));
            }
        }
        CHECK(sent.size() == number);
        CHECK(begun.size() == 3);
    }
}
