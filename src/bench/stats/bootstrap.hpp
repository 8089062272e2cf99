#pragma once

#include "src/bench/model/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace roacache::bench {

/// How often blocks are resampled for an interval.
inline constexpr unsigned k_resamples = 2000;

/// Upper 97.5 % point of the normal distribution, and of Student's t; `degrees` at least 1. Exact to four
/// digits.
inline constexpr double k_z_975 = 1.959963984540054;
double t_975(unsigned degrees);

/// A quantile is reported only where at least this many values are expected above it.
inline constexpr double k_least_above = 50;
bool enough_for_quantile(double q, std::uint64_t n);

/// The least n that is enough for the quantile.
std::uint64_t needed_for_quantile(double q);

/// What is summed up over blocks.
struct BlockSums {
    double ranked = 0;   ///< latencies, censored ones included
    double good = 0;     ///< good responses
    double sum_ns = 0;   ///< of their latencies
    double seconds = 0;  ///< wall time
    double answered = 0; ///< good responses to the arm's own requests
    double hits = 0;     ///< of these, proven

    void add(const BlockSums& more, double times = 1);
};

/// What one arm did in one block, in one endpoint or in all.
struct BlockFigures : BlockSums {
    struct Cell {
        std::uint32_t bucket; ///< of Histogram
        double count;
    };
    std::vector<Cell> latency; ///< sparse, ascending; censored ones included
};

BlockFigures figures_of(const Tally& tally, double seconds);

/// The blocks of one arm, to be drawn from: figures of any multiset of them. What lies below a quantile is
/// summed up by groups of buckets, of which only the one that the quantile is in is looked into.
class ArmBlocks {
  public:
    explicit ArmBlocks(const std::vector<BlockFigures>& blocks);

    std::size_t size() const { return blocks_.size(); }

    /// Sums the blocks, block i as often as times[i] says; then the figures below are of that sum.
    void draw(std::span<const unsigned> times);
    void draw_all(); ///< each block once
    void draw_only(std::size_t block);

    const BlockSums& sums() const { return sums_; }

    /// By rank within the merged buckets, interpolated inside the bucket, so that the estimate does not jump
    /// by a bucket's width. Each is called with `ranked` above 0 and ascending q in (0, 1); `values` gets one
    /// value for each q.
    void quantiles(std::span<const double> q, std::span<double> values) const;

  private:
    struct Cell {
        std::uint32_t block;
        double count;
    };
    /// The values that were drawn of a bucket, or of a group; by their places.
    double in_bucket(std::size_t bucket) const;
    double in_group(std::size_t group) const;

    std::vector<BlockSums> blocks_;
    std::vector<std::uint32_t> buckets_;     // those that any block has values in, ascending
    std::vector<Cell> cells_;                // bucket by bucket
    std::vector<std::size_t> first_cells_;   // of each bucket, and the end of the last
    std::vector<std::size_t> first_buckets_; // of each group
    std::vector<double> group_counts_;       // group by group, of each block
    std::vector<double> times_;              // that each block was drawn
    BlockSums sums_;
};

/// Draws `blocks` numbers below `blocks` with replacement, k_resamples times; `visit` gets how often each was
/// drawn. The same on every machine for the same seed.
void resample(std::size_t blocks, std::uint64_t seed,
              const std::function<void(std::span<const unsigned> times)>& visit);

struct Interval {
    double low = 0;
    double high = 0;
    std::size_t blocks = 0; ///< that were resampled; 0: it is not from blocks
};

/// Each half as many times as long.
Interval widened(const Interval& interval, double estimate, double times);

/// The 95 % percentile interval of the resampled estimates (their order is lost), its ends moved away from
/// `estimate` by t(K−1)/z · sqrt(K/(K−1)), as the percentile interval is too narrow for a small number K of
/// blocks (Hesterberg 2015, What Teachers Should Know About the Bootstrap, 3.2). With fewer than 8 blocks,
/// whose resamples are too few for percentiles: estimate ± t(K−1) · sqrt(K/(K−1)) · their deviation. Always
/// holds `estimate`. Absent with fewer than 2 blocks, or when less than nine tenths of the resamples gave an
/// estimate.
std::optional<Interval> bootstrap_interval(double estimate, std::vector<double>& resampled,
                                           std::size_t blocks);

} // namespace roacache::bench
