#include "src/bench/load/ticker.hpp"

#include "src/core/clock.hpp"
#include "tests/support/catch.hpp"

#include <optional>
#include <sys/epoll.h>
#include <unistd.h>

using namespace roacache;

TEST_CASE("a ticker wakes its loop again and again until it ends", "[bench][ticker]") {
    constexpr std::uint64_t k_tag = 7;
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    const std::int64_t started_ns = core::now_ns();
    std::optional<bench::Ticker> ticker(std::in_place, epoll, k_tag);
    epoll_event event{};
    for (int tick = 0; tick < 3; ++tick) {
        REQUIRE(epoll_wait(epoll, &event, 1, 10'000) == 1);
        const std::uint64_t tag = event.data.u64; // the event is packed
        CHECK(tag == k_tag);
        ticker->take();
    }
    CHECK(core::now_ns() - started_ns >= 8'000'000);
    REQUIRE(epoll_wait(epoll, &event, 1, 10'000) == 1);
    ticker.reset();
    CHECK(epoll_wait(epoll, &event, 1, 0) == 0);
    close(epoll);
}
