#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace roacache::core {

using Clock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::nanoseconds;

/// Monotonic time in nanoseconds since an arbitrary start; only differences mean anything.
inline std::int64_t now_ns() {
    return std::chrono::duration_cast<Nanoseconds>(Clock::now().time_since_epoch()).count();
}

/// A moment by which an operation has to be over. Passed down, so that several steps share one limit.
class Deadline {
  public:
    static Deadline in(Nanoseconds from_now) { return Deadline(Clock::now() + from_now); }
    static Deadline never() { return Deadline(Clock::time_point::max()); }

    /// This one or a time from now, whichever is sooner.
    Deadline or_in(Nanoseconds from_now) const { return or_at(in(from_now)); }

    /// This one or the other, whichever is sooner.
    Deadline or_at(Deadline other) const {
        Deadline sooner = *this;
        sooner.at_ = std::min(at_, other.at_);
        return sooner;
    }

    /// The same moment, which an interrupt does not bring forward: for what puts something back.
    Deadline through_interrupts() const {
        Deadline same = *this;
        same.outlasts_interrupts_ = true;
        return same;
    }
    bool outlasts_interrupts() const { return outlasts_interrupts_; }

    bool passed() const { return Clock::now() >= at_; }

    /// At least 0; absent for never().
    std::optional<Nanoseconds> left() const;
    /// Milliseconds left, for poll(2): rounded up, at least 0, and -1 (forever) for never().
    int poll_ms() const;

  private:
    explicit Deadline(Clock::time_point at) : at_(at) {}
    Clock::time_point at_;
    bool outlasts_interrupts_ = false;
};

/// The wall clock in UTC as `2026-01-31T23:59:59Z`.
std::string utc_timestamp(std::chrono::system_clock::time_point at = std::chrono::system_clock::now());

} // namespace roacache::core
