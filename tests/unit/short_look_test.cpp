#include "src/bench/load/events.hpp"
#include "src/bench/load/short_look.hpp"
#include "tests/support/catch.hpp"

#include <array>
#include <sys/eventfd.h>
#include <unistd.h>

using roacache::bench::ShortLook;

namespace {

/// An epoll loop with something to read in it, or nothing.
struct LoopOfOne {
    int epoll = epoll_create1(0);
    int fd = eventfd(0, EFD_NONBLOCK);

    LoopOfOne() { roacache::bench::watch_readable(epoll, fd, 7); }
    ~LoopOfOne() {
        close(fd);
        close(epoll);
    }
    void set(bool readable) const {
        eventfd_t value = 0;
        if (readable)
            eventfd_write(fd, 1);
        else
            eventfd_read(fd, &value);
    }
};

} // namespace

TEST_CASE("a short look finds what is there, and waits for nothing long", "[bench][engine]") {
    const LoopOfOne loop;
    ShortLook look;
    std::array<epoll_event, 4> events{};
    CHECK(look.events(loop.epoll, events) == 0);
    loop.set(true);
    REQUIRE(look.events(loop.epoll, events) == 1);
    const std::uint64_t tag = events[0].data.u64; // the event is packed
    CHECK(tag == 7);
}

TEST_CASE("looks that nearly always find something are left out for a while", "[bench][engine]") {
    const LoopOfOne loop;
    ShortLook look;
    std::array<epoll_event, 4> events{};
    loop.set(true);
    unsigned found = 0, calls = 0;
    while (look.events(loop.epoll, events) == 1)
        ++found;
    CHECK(found == 64);
    while (look.events(loop.epoll, events) == 0 && calls < 10'000)
        ++calls;
    CHECK(calls > 1000);
    CHECK(calls < 10'000); // then it looks again
}

TEST_CASE("looks that seldom find something are left out for a while", "[bench][engine]") {
    const LoopOfOne loop;
    const unsigned every = GENERATE(4U, 8U, 1000U);
    INFO(every);
    ShortLook look;
    std::array<epoll_event, 4> events{};
    for (unsigned i = 0; i < 64; ++i) {
        loop.set(i % every == 0);
        CHECK(look.events(loop.epoll, events) == (i % every == 0 ? 1 : 0));
    }
    loop.set(true);
    unsigned calls = 0;
    while (look.events(loop.epoll, events) == 0 && calls < 10'000)
        ++calls;
    CHECK(calls > 1000);
    CHECK(calls < 10'000); // then it looks again
}

TEST_CASE("looks that find something now and then go on", "[bench][engine]") {
    const LoopOfOne loop;
    ShortLook look;
    std::array<epoll_event, 4> events{};
    for (int i = 0; i < 1000; ++i) {
        loop.set(i % 4 != 0);
        CHECK(look.events(loop.epoll, events) == (i % 4 != 0 ? 1 : 0));
    }
}
