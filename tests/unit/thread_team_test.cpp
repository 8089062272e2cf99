#include "src/bench/load/thread_team.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

using roacache::bench::ThreadTeam;

TEST_CASE("every member of a crew does its part, the caller the first, call after call", "[bench][crew]") {
    ThreadTeam team(4);
    REQUIRE(team.size() == 4);
    for (int call = 0; call < 200; ++call) {
        std::mutex mutex;
        std::set<std::size_t> members;
        std::set<std::thread::id> threads;
        team.work(4, [&](std::size_t member) {
            const std::lock_guard lock(mutex);
            members.insert(member);
            threads.insert(std::this_thread::get_id());
        });
        REQUIRE(members == std::set<std::size_t>{0, 1, 2, 3});
        REQUIRE(threads.size() == 4);
        REQUIRE(threads.contains(std::this_thread::get_id()));
    }
}

TEST_CASE("of a crew only those work that are called", "[bench][crew]") {
    ThreadTeam team(3);
    for (const std::size_t called : {1U, 3U, 2U, 1U, 3U}) {
        std::atomic<std::size_t> worked{0}, greatest{0};
        team.work(called, [&](std::size_t member) {
            ++worked;
            if (member >= called) greatest = member;
        });
        CHECK(worked == called);
        CHECK(greatest == 0);
    }
}

TEST_CASE("what a member of a crew throws comes out when all are done", "[bench][crew]") {
    ThreadTeam team(3);
    for (const std::size_t culprit : {0U, 2U}) {
        std::atomic<int> done{0};
        CHECK_THROWS_AS(team.work(3,
                                  [&](std::size_t member) {
                                      if (member == culprit) throw std::runtime_error("for a test");
                                      ++done;
                                  }),
                        std::runtime_error);
        CHECK(done == 2);
    }
    std::atomic<int> done{0};
    team.work(3, [&](std::size_t) { ++done; });
    CHECK(done == 3);
}
