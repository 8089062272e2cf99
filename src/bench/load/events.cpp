#include "src/bench/load/events.hpp"

#include <atomic>
#include <cerrno>
#include <ctime>

namespace roacache::bench {

void watch_readable(int epoll, int fd, std::uint64_t tag) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int wait_for_events(int epoll, std::span<epoll_event> events, std::int64_t wait_ns) {
    constexpr std::int64_t k_millisecond_ns = 1'000'000;
    const int most = static_cast<int>(events.size());
    static std::atomic<bool> exact = true;
    if (exact.load(std::memory_order_relaxed)) {
        const timespec limit{0, wait_ns};
        const int count = epoll_pwait2(epoll, events.data(), most, &limit, nullptr);
        // Filters of system calls that are older than this one answer with EPERM.
        if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
        exact = false;
    }
    const auto ms = static_cast<int>((wait_ns + k_millisecond_ns - 1) / k_millisecond_ns);
    return epoll_wait(epoll, events.data(), most, ms);
}

} // namespace roacache::bench
