#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace roacache::bench {

/// What the threads that make the load let others see of it. Readers may be a moment behind.
struct Live {
    enum class Phase : std::uint8_t {
        connecting,
        warm_up,
        cached,
        uncached,
        miss,
        single,
        up,
        down,
        back,
        users,
        stampede
    };

    /// One thread's; in a cache line of its own, for it is written with every request, and by no other.
    struct alignas(64) Counts {
        std::atomic<std::uint64_t> requests{0}; ///< ended, over all blocks
        std::atomic<std::uint64_t> errors{0};
    };

    explicit Live(std::size_t threads) : counts(threads) {}

    std::vector<Counts> counts;
    std::atomic<Phase> phase{Phase::connecting};
    std::atomic<unsigned> blocks{0}; ///< in all
    std::atomic<unsigned> blocks_done{0};
    std::atomic<std::uint64_t> requests_before_block{0};
    std::atomic<std::int64_t> block_started_ns{0};
    std::atomic<std::int64_t> blocks_started_ns{0}; ///< of the first; 0 before
    std::atomic<std::int64_t> blocks_end_ns{0};     ///< when a run of a given duration will stop

    std::uint64_t requests() const { return sum(&Counts::requests); }
    std::uint64_t errors() const { return sum(&Counts::errors); }

    /// Cheaper than fetch_add, where there is no other writer.
    template <typename Number>
    static void add(std::atomic<Number>& counter, Number amount) {
        counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }

  private:
    std::uint64_t sum(std::atomic<std::uint64_t> Counts::*counter) const {
        std::uint64_t all = 0;
        for (const Counts& each : counts)
            all += (each.*counter).load(std::memory_order_relaxed);
        return all;
    }
};

} // namespace roacache::bench
