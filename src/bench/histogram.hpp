#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace roacache::bench {

/// Counts of durations in buckets whose width is at most 1/256 (0.39 %) of their value; below 512 ns they are
/// exact.
///
/// Log-linear, as in HdrHistogram: 256 buckets an octave, from 1 ns to about 18 minutes (2^40 ns); what is
/// longer is counted in the last bucket, what is below 0 in the first. Memory is bounded and does not depend
/// on the number of values. The sum, the sum of squares, the least and the greatest value are kept beside the
/// buckets, so that mean, stddev, min and max are exact.
class Histogram {
  public:
    struct Bucket {
        std::int64_t low_ns;  ///< least value that falls here
        std::int64_t high_ns; ///< greatest value that falls here
        std::uint64_t count;
    };

    void record(std::int64_t ns, std::uint64_t count = 1);
    void merge(const Histogram& other, std::uint64_t times = 1);
    void clear();

    std::uint64_t count() const { return count_; }
    bool empty() const { return count_ == 0; }
    double sum_ns() const { return sum_; }

    /// The following are 0 while empty: ask empty() first, a missing figure is never printed as 0.
    double mean_ns() const;
    double stddev_ns() const; ///< of the sample (n − 1); 0 for one value
    std::int64_t min_ns() const { return count_ ? min_ : 0; }
    std::int64_t max_ns() const { return count_ ? max_ : 0; }

    /// The value at rank ceil(q · n) (the nearest-rank definition), as the middle of its bucket, held within
    /// [min, max]. q in [0, 1].
    double quantile_ns(double q) const;

    /// The buckets that hold something, in ascending order.
    std::vector<Bucket> buckets() const;

  private:
    std::vector<std::uint64_t> counts_; // grows to the highest bucket used
    std::uint64_t count_ = 0;
    double sum_ = 0;
    double sum_of_squares_ = 0;
    std::int64_t min_ = 0;
    std::int64_t max_ = 0;
};

} // namespace roacache::bench
