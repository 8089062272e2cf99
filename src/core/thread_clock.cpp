#include "src/core/thread_clock.hpp"

#include <array>
#include <charconv>
#include <ctime>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace roacache::core {

ThreadTime& ThreadTime::operator+=(const ThreadTime& more) {
    running += more.running;
    waiting = waiting && more.waiting ? std::optional(*waiting + *more.waiting) : std::nullopt;
    return *this;
}

ThreadTime operator-(const ThreadTime& later, const ThreadTime& sooner) {
    return {later.running - sooner.running,
            later.waiting && sooner.waiting ? std::optional(*later.waiting - *sooner.waiting) : std::nullopt};
}

ThreadClock::ThreadClock() : schedstat_(open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}

ThreadClock::~ThreadClock() {
    if (schedstat_ >= 0) close(schedstat_);
}

ThreadTime ThreadClock::now() const {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    ThreadTime now{static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9, {}};
    // Nanoseconds on a core, nanoseconds waiting for one, slices: Linux, Documentation/scheduler/sched-stats.
    std::array<char, 96> text{};
    const ssize_t size = schedstat_ < 0 ? -1 : pread(schedstat_, text.data(), text.size(), 0);
    if (size <= 0) return now;
    const std::string_view fields(text.data(), static_cast<std::size_t>(size));
    if (fields.starts_with("0 0 0")) return now; // a kernel that does not count
    const std::size_t second = fields.find(' ') + 1;
    double waiting_ns = 0;
    const auto parsed = std::from_chars(fields.data() + second, fields.data() + fields.size(), waiting_ns);
    if (second > 0 && parsed.ec == std::errc()) now.waiting = waiting_ns / 1e9;
    return now;
}

} // namespace roacache::core
