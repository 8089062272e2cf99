#include "src/bench/model/histogram.hpp"

#include <cmath>
#include <limits>

namespace roacache::bench {

Histogram::Octave& Histogram::add_octave(std::size_t number) {
    constexpr std::size_t k_usual = 4;
    octaves_.reserve(k_usual);
    place_[number] = static_cast<std::uint8_t>(octaves_.size());
    return octaves_.emplace_back();
}

void Histogram::add(Octave& to, const Octave& from, std::uint64_t times) {
    if (times == 1) { // the usual case, without a product
        for (std::size_t i = 0; i < k_octave; ++i)
            to[i] += from[i];
    } else {
        for (std::size_t i = 0; i < k_octave; ++i)
            to[i] += from[i] * times;
    }
}

void Histogram::merge(const Histogram& other, std::uint64_t times) {
    if (other.empty() || times == 0) return;
    for (std::size_t number = 0; number < k_octaves; ++number)
        if (other.place_[number] != k_absent)
            add(octave(number), other.octaves_[other.place_[number]], times);
    min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
    max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
    count_ += other.count_ * times;
    sum_ += other.sum_ * static_cast<double>(times);
    sum_of_squares_ += other.sum_of_squares_ * static_cast<double>(times);
}

void Histogram::clear() {
    *this = {};
}

double Histogram::mean_ns() const {
    return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

double Histogram::stddev_ns() const {
    if (count_ < 2) return 0;
    const double n = static_cast<double>(count_);
    return std::sqrt(std::max(0.0, (sum_of_squares_ - sum_ * sum_ / n) / (n - 1)));
}

std::uint64_t Histogram::rank_of(double q, std::uint64_t n) {
    const double exact = q * static_cast<double>(n);
    const double nearest = std::round(exact);
    const double rank = std::abs(exact - nearest) <= 1e-14 * exact ? nearest : std::ceil(exact);
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(rank, 1.0)), 1,
                                     std::max<std::uint64_t>(n, 1));
}

double Histogram::quantile_ns(double q) const {
    if (count_ == 0) return 0;
    const std::uint64_t rank = rank_of(q, count_);
    std::uint64_t below = 0;
    std::size_t bucket = 0;
    for_each([&](std::size_t next, std::uint64_t count) {
        if (below < rank) bucket = next;
        below += count;
    });
    const double value = bucket + 1 == k_buckets ? static_cast<double>(max_) : middle_of(bucket);
    return std::clamp(value, static_cast<double>(min_), static_cast<double>(max_));
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
    std::vector<Bucket> buckets;
    for_each([&](std::size_t bucket, std::uint64_t count) {
        buckets.push_back({low_of(bucket), high_of(bucket), count});
    });
    return buckets;
}

Histogram::State Histogram::state() const {
    State state{{}, sum_, sum_of_squares_, min_ns(), max_ns()};
    for_each(
        [&](std::size_t bucket, std::uint64_t count) { state.counts.emplace_back(low_of(bucket), count); });
    return state;
}

std::optional<Histogram> Histogram::restored(const State& state) {
    Histogram histogram;
    std::int64_t last = -1;
    for (const auto& [low, count] : state.counts) {
        if (low <= last || count == 0 || low_of(bucket_of(low)) != low) return {};
        if (count > std::numeric_limits<std::uint64_t>::max() - histogram.count_) return {};
        histogram.record(low, count);
        last = low;
    }
    if (histogram.empty()) return histogram;
    const bool in_place = state.min_ns <= state.max_ns &&
                          bucket_of(state.min_ns) == bucket_of(histogram.min_) &&
                          bucket_of(state.max_ns) == bucket_of(histogram.max_);
    if (!in_place || !std::isfinite(state.sum_ns) || !std::isfinite(state.sum_of_squares)) return {};
    histogram.min_ = state.min_ns;
    histogram.max_ = state.max_ns;
    histogram.sum_ = state.sum_ns;
    histogram.sum_of_squares_ = state.sum_of_squares;
    return histogram;
}

} // namespace roacache::bench
