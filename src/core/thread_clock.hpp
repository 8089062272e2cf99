#pragma once

#include <optional>

namespace roacache::core {

/// What a thread had of the machine's cores, in seconds.
struct ThreadTime {
    double running = 0; ///< user and system time
    /// Ready to run, while others had the cores; absent where the kernel does not report it (no schedstat).
    std::optional<double> waiting = 0;

    ThreadTime& operator+=(const ThreadTime& more);
    friend ThreadTime operator-(const ThreadTime& later, const ThreadTime& sooner);
};

/// Measures the time of the thread that made it; no other may ask it.
class ThreadClock {
  public:
    ThreadClock();
    ~ThreadClock();
    ThreadClock(const ThreadClock&) = delete;
    ThreadClock& operator=(const ThreadClock&) = delete;

    /// Since the thread began; costs a system call or two.
    ThreadTime now() const;

  private:
    int schedstat_; // descriptor; -1: none
};

} // namespace roacache::core
