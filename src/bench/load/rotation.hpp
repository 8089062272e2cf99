#pragma once

#include "src/bench/load/workload.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

namespace roacache::bench {

/// Which of its requests each arm of each endpoint sends next, for all threads together: as many of one as of
/// any other, and each arm the same ones in the same order.
class Rotation {
  public:
    explicit Rotation(std::size_t endpoints) : taken_(endpoints), again_(endpoints) {}

    const http::Request& next(const Target& target, ArmKind arm, std::size_t endpoint) {
        if (target.requests.size() == 1) return target.requests.front();
        std::atomic<std::uint64_t>& taken = taken_[endpoint][static_cast<std::size_t>(arm)];
        return target.requests[taken.fetch_add(1, std::memory_order_relaxed) % target.requests.size()];
    }

    /// One of the last that next() gave, so that it brings nothing new into a cache and keeps nothing there
    /// that would have gone: each of the last `requests` in turn.
    const http::Request& again(const Target& target, ArmKind arm, std::size_t endpoint,
                               std::uint64_t requests) {
        const std::uint64_t size = target.requests.size();
        if (size == 1) return target.requests.front();
        const auto of_arm = static_cast<std::size_t>(arm);
        const std::uint64_t taken = taken_[endpoint][of_arm].load(std::memory_order_relaxed);
        const std::uint64_t last = std::max<std::uint64_t>(std::min({taken, size, requests}), 1);
        const std::uint64_t back = again_[endpoint][of_arm].fetch_add(1, std::memory_order_relaxed) % last;
        return target.requests[(std::max<std::uint64_t>(taken, 1) - 1 - back) % size];
    }

  private:
    using Counters = std::vector<std::array<std::atomic<std::uint64_t>, k_arm_kinds>>;
    Counters taken_;
    Counters again_;
};

} // namespace roacache::bench
