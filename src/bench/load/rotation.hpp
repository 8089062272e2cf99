#pragma once

#include "src/bench/load/requests.hpp"
#include "src/bench/model/arm_kind.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace roacache::bench {

/// Which of its requests each arm of each endpoint sends next, for all threads together: each arm the same
/// ones in the same order.
class Rotation {
  public:
    explicit Rotation(std::size_t endpoints) : arms_(endpoints) {}

    Pick next(ArmKind arm, std::size_t endpoint) {
        Arm& its = arm_of(arm, endpoint);
        return {its.taken.fetch_add(1, std::memory_order_relaxed), next_serial(its)};
    }

    /// One of the last that next() gave, so that its listed values bring nothing new into a cache and keep
    /// nothing there that would have gone: each of the last `requests` in turn.
    Pick again(ArmKind arm, std::size_t endpoint, std::uint64_t requests) {
        Arm& its = arm_of(arm, endpoint);
        const std::uint64_t taken = std::max<std::uint64_t>(its.taken.load(std::memory_order_relaxed), 1);
        const std::uint64_t last = std::max<std::uint64_t>(std::min(taken, requests), 1);
        const std::uint64_t back = its.again.fetch_add(1, std::memory_order_relaxed) % last;
        return {taken - 1 - back, next_serial(its)};
    }

    /// How many requests next() gave so far.
    std::uint64_t taken(ArmKind arm, std::size_t endpoint) const {
        return arms_[endpoint][static_cast<std::size_t>(arm)].taken.load(std::memory_order_relaxed);
    }

  private:
    struct Arm {
        std::atomic<std::uint64_t> taken{0}, again{0}, serials{0};
    };

    Arm& arm_of(ArmKind arm, std::size_t endpoint) { return arms_[endpoint][static_cast<std::size_t>(arm)]; }
    static std::uint64_t next_serial(Arm& arm) { return arm.serials.fetch_add(1, std::memory_order_relaxed); }

    std::vector<std::array<Arm, k_arm_kinds>> arms_;
};

} // namespace roacache::bench
