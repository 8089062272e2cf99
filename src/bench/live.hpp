#pragma once

#include <atomic>
#include <cstdint>

namespace roacache::bench {

/// What the threads that make the load let others see of it. Each counter has one writer; readers may be a
/// moment behind.
struct Live {
    enum class Phase : std::uint8_t { connecting, warm_up, cached, uncached, miss, single, stampede };

    std::atomic<Phase> phase{Phase::connecting};
    std::atomic<unsigned> blocks_done{0};
    std::atomic<std::uint64_t> requests{0}; ///< ended, over all blocks
    std::atomic<std::uint64_t> errors{0};
    std::atomic<std::uint64_t> requests_before_block{0};
    std::atomic<std::int64_t> block_started_ns{0};
    std::atomic<std::int64_t> blocks_started_ns{0}; ///< of the first; 0 before
    std::atomic<std::int64_t> blocks_end_ns{0};     ///< when a run of a given duration will stop

    /// Cheaper than fetch_add: there is no other writer.
    template <typename Number>
    static void add(std::atomic<Number>& counter, Number amount) {
        counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
};

} // namespace roacache::bench
