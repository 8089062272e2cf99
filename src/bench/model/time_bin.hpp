#pragma once

#include "src/bench/model/histogram.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace roacache::bench {

/// Counts of durations in four buckets an octave, those that hold something only: for a stretch of time in
/// which a few dozen requests end. Each bucket is 64 of Histogram's.
class CoarseHistogram {
  public:
    struct Cell {
        std::uint32_t bucket = 0;
        std::uint64_t count = 0;
        bool operator==(const Cell&) const = default;
    };
    static constexpr std::uint32_t k_buckets = Histogram::k_buckets / 64;

    static constexpr std::uint32_t bucket_of(std::int64_t ns) {
        return static_cast<std::uint32_t>(Histogram::bucket_of(ns) / 64);
    }
    /// Least value that falls into the bucket.
    static constexpr std::int64_t low_of(std::uint32_t bucket) {
        return Histogram::low_of(std::size_t{bucket} * 64);
    }

    void record(std::int64_t ns) { add(bucket_of(ns), 1); }
    /// `bucket` below k_buckets.
    void add(std::uint32_t bucket, std::uint64_t count);
    void merge(const CoarseHistogram& other);
    std::uint64_t count() const;
    const std::vector<Cell>& cells() const { return cells_; } ///< ascending, none empty

    bool operator==(const CoarseHistogram&) const = default;

  private:
    std::vector<Cell> cells_;
};

/// What ended in one stretch of a block's time, all endpoints together.
struct TimeBin {
    static constexpr std::size_t k_most_statuses = 8;
    static constexpr int k_other_status = 0;

    std::uint64_t requests = 0;            ///< ended, well or not
    std::map<int, std::uint64_t> statuses; ///< of whole responses; beyond k_most_statuses as k_other_status
    std::uint64_t proven_hits = 0;         ///< of good responses
    std::uint64_t proven_misses = 0;
    CoarseHistogram latency; ///< of good responses to the block's own requests, wherever they were counted

    void note_status(int status, std::uint64_t count = 1);
    void merge(const TimeBin& other);
    bool operator==(const TimeBin&) const = default;
};

/// The time of one block in bins of equal length, at most k_most of them; empty where that was not measured.
/// They are of the clock's time, with the pauses in which entries are removed, which a block's seconds are
/// without; and they begin at multiples of their length, so that the first and the last are covered in part.
struct TimeBins {
    static constexpr std::size_t k_most = 8;

    double started_s = 0;   ///< of the first one, since the run began; may be before it
    double bin_seconds = 0; ///< length of each
    std::vector<TimeBin> bins;

    bool operator==(const TimeBins&) const = default;
};

} // namespace roacache::bench
