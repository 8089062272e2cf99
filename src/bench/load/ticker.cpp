#include "src/bench/load/ticker.hpp"

#include "src/bench/load/events.hpp"
#include "src/core/clock.hpp"

#include <ctime>
#include <sys/timerfd.h>
#include <unistd.h>

namespace roacache::bench {
namespace {

constexpr std::int64_t k_interval_ns = 4'000'000; // that of most kernels' tick
constexpr std::int64_t k_lead_ns = 100'000;
constexpr std::int64_t k_second_ns = 1'000'000'000;

} // namespace

Ticker::Ticker(int epoll, std::uint64_t tag)
    : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
    // The kernel's tick is due at whole multiples of its interval.
    const std::int64_t first_ns = (core::now_ns() / k_interval_ns + 2) * k_interval_ns - k_lead_ns;
    const itimerspec times{{0, k_interval_ns}, {first_ns / k_second_ns, first_ns % k_second_ns}};
    timerfd_settime(fd_, TFD_TIMER_ABSTIME, &times, nullptr);
    watch_readable(epoll, fd_, tag);
}

Ticker::~Ticker() {
    if (fd_ >= 0) close(fd_);
}

void Ticker::take() const {
    std::uint64_t ticks = 0;
    [[maybe_unused]] const auto got = read(fd_, &ticks, sizeof ticks);
}

} // namespace roacache::bench
