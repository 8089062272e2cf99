#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace roacache::bench {

/// Counts of durations in buckets whose width is at most 1/256 (0.39 %) of their value; below 512 ns they are
/// exact.
///
/// Log-linear, as in HdrHistogram: 256 buckets an octave, from 1 ns to about 18 minutes (2^40 ns); what is
/// longer is counted in the last bucket, what is below 0 in the first. Memory is bounded (66 KiB, and only
/// the octaves that hold something are stored: usually 8 KiB) and does not depend on the number of values.
/// The sum, the sum of squares, the least and the greatest value are stored too, so that mean, stddev, min
/// and max are exact.
class Histogram {
  public:
    struct Bucket {
        std::int64_t low_ns;  ///< least value that falls here
        std::int64_t high_ns; ///< greatest value that falls here
        std::uint64_t count;
    };

    /// All buckets there are; see bucket_of().
    static constexpr std::size_t k_buckets = 33 * std::size_t{256};

    /// The bucket, 0 … k_buckets − 1, that a value falls into; ascending with the value.
    static constexpr std::size_t bucket_of(std::int64_t ns) {
        const auto value = static_cast<std::uint64_t>(std::clamp<std::int64_t>(ns, 0, k_longest_ns));
        const auto shift = static_cast<unsigned>(std::bit_width(value | 256)) - 9;
        return (std::size_t{shift} << 8U) + static_cast<std::size_t>(value >> shift);
    }
    static constexpr std::int64_t low_of(std::size_t bucket) {
        if (bucket < 512) return static_cast<std::int64_t>(bucket);
        const std::size_t shift = (bucket >> 8U) - 1;
        return static_cast<std::int64_t>((bucket - (shift << 8U)) << shift);
    }
    static constexpr std::int64_t high_of(std::size_t bucket) { return low_of(bucket + 1) - 1; }
    static constexpr double middle_of(std::size_t bucket) {
        return (static_cast<double>(low_of(bucket)) + static_cast<double>(high_of(bucket))) / 2;
    }

    /// A few nanoseconds; allocates only when a value opens a new octave.
    void record(std::int64_t ns, std::uint64_t count = 1) {
        if (count == 0) return;
        const std::size_t bucket = bucket_of(ns);
        octave(bucket / k_octave)[bucket % k_octave] += count;
        min_ = count_ == 0 ? ns : std::min(min_, ns);
        max_ = count_ == 0 ? ns : std::max(max_, ns);
        count_ += count;
        const double value = static_cast<double>(ns);
        const double times = static_cast<double>(count);
        sum_ += value * times;
        sum_of_squares_ += value * value * times;
    }

    /// As if every value of `other` had been recorded here, `times` times.
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

    /// The rank of quantile q among n values: ceil(q · n), at least 1. Products that would be whole but for
    /// the rounding of q in binary (0.07 · 100) are taken as whole.
    static std::uint64_t rank_of(double q, std::uint64_t n);

    /// The buckets that hold something, in ascending order.
    std::vector<Bucket> buckets() const;

    /// All that there is to know of a histogram, to store and restore it without loss.
    struct State {
        std::vector<std::pair<std::int64_t, std::uint64_t>> counts; ///< low_ns of a bucket and its count
        double sum_ns = 0;
        double sum_of_squares = 0;
        std::int64_t min_ns = 0;
        std::int64_t max_ns = 0;
    };
    State state() const;
    /// Absent when the parts contradict each other.
    static std::optional<Histogram> restored(const State& state);

    /// Calls `visit(bucket, count)` for each bucket that holds something, in ascending order.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (std::size_t number = 0; number < k_octaves; ++number) {
            if (place_[number] == k_absent) continue;
            const Octave& counts = octaves_[place_[number]];
            for (std::size_t i = 0; i < k_octave; ++i)
                if (counts[i] != 0) visit(number * k_octave + i, counts[i]);
        }
    }

  private:
    static constexpr std::int64_t k_longest_ns = (std::int64_t{1} << 40) - 1;

    static constexpr std::size_t k_octave = 256; // buckets
    static constexpr std::size_t k_octaves = k_buckets / k_octave;
    static constexpr std::uint8_t k_absent = 0xff;
    using Octave = std::array<std::uint64_t, k_octave>; // counts
    using Places = std::array<std::uint8_t, k_octaves>;

    static constexpr Places all_absent() {
        Places places{};
        places.fill(k_absent);
        return places;
    }
    Octave& octave(std::size_t number) {
        return place_[number] == k_absent ? add_octave(number) : octaves_[place_[number]];
    }
    Octave& add_octave(std::size_t number);
    static void add(Octave& to, const Octave& from, std::uint64_t times);

    std::vector<Octave> octaves_; // in the order in which they came to hold something
    Places place_ = all_absent(); // of each octave among them
    std::uint64_t count_ = 0;
    double sum_ = 0;
    double sum_of_squares_ = 0;
    std::int64_t min_ = 0;
    std::int64_t max_ = 0;
};

} // namespace roacache::bench
