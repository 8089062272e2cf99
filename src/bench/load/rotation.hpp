#pragma once

#include "src/bench/load/workload.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

namespace roacache::bench {

/// Which of its requests each arm of each endpoint sends next, for all threads together: as many of one as of
/// any other, and each arm the same ones in the same order.
class Rotation {
  public:
    explicit Rotation(std::size_t endpoints) : taken_(endpoints) {}

    const http::Request& next(const Target& target, ArmKind arm, std::size_t endpoint) {
        if (target.requests.size() == 1) return target.requests.front();
        std::atomic<std::uint64_t>& taken = taken_[endpoint][static_cast<std::size_t>(arm)];
        return target.requests[taken.fetch_add(1, std::memory_order_relaxed) % target.requests.size()];
    }

  private:
    std::vector<std::array<std::atomic<std::uint64_t>, k_arm_kinds>> taken_;
};

} // namespace roacache::bench
