#pragma once

#include "src/bench/model/time_bin.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace roacache::bench {

/// Sorts what happens in a block into bins of time, whose number is limited although nobody knows beforehand
/// how long the block will be: when there are too many, each two of them become one that is twice as long.
/// They begin at multiples of their length, so that those of several threads can be merged.
class BinRecorder {
  public:
    /// The bin of this moment, by core::now_ns(). Valid until the next call.
    TimeBin& at(std::int64_t ns) {
        return ns >= last_begin_ && ns - last_begin_ < length_ns_ ? bins_[last_] : find(ns);
    }
    void merge(const BinRecorder& other);
    /// `begin_ns`: when the run began.
    TimeBins bins(std::int64_t begin_ns) const;

  private:
    static constexpr std::int64_t k_shortest_ns = 1'000'000;
    static constexpr std::int64_t k_none = std::numeric_limits<std::int64_t>::max();

    TimeBin& find(std::int64_t ns);
    void coarsen();

    std::int64_t length_ns_ = k_shortest_ns;
    std::int64_t first_ = 0; // number of the first bin, which begins at this multiple of the length
    std::vector<TimeBin> bins_;
    std::size_t last_ = 0; // the bin asked for last
    std::int64_t last_begin_ = k_none;
};

} // namespace roacache::bench
