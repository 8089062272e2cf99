#include "src/bench/stats/bootstrap.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

namespace roacache::bench {
namespace {

constexpr std::size_t k_least_for_percentiles = 8;

double deviation(const std::vector<double>& values) {
    const double n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double value : values)
        squares += (value - mean) * (value - mean);
    return std::sqrt(squares / n);
}

} // namespace

double t_975(unsigned degrees) {
    constexpr std::array k_table{12.7062, 4.3027, 3.1824, 2.7764, 2.5706,
                                 2.4469,  2.3646, 2.3060, 2.2622, 2.2281};
    if (degrees <= k_table.size()) return k_table.at(std::max(degrees, 1U) - 1);
    // Cornish-Fisher expansion, Abramowitz & Stegun 26.7.5.
    const double z = k_z_975, z2 = z * z, v = degrees;
    const double g1 = z * (z2 + 1) / 4;
    const double g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
    const double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    return z + g1 / v + g2 / (v * v) + g3 / (v * v * v);
}

bool enough_for_quantile(double q, std::uint64_t n) {
    return n >= needed_for_quantile(q);
}

std::uint64_t needed_for_quantile(double q) {
    return static_cast<std::uint64_t>(std::ceil(k_least_above / (1 - q) * (1 - 1e-9)));
}

void BlockSums::add(const BlockSums& more, double times) {
    // As many names as members: without one of them it does not compile.
    const auto& [more_ranked, more_good, more_ns, more_seconds, more_answered, more_hits] = more;
    ranked += times * more_ranked;
    good += times * more_good;
    sum_ns += times * more_ns;
    seconds += times * more_seconds;
    answered += times * more_answered;
    hits += times * more_hits;
}

BlockFigures figures_of(const Tally& tally, double seconds) {
    BlockFigures figures;
    const Histogram ranked = tally.ranked();
    ranked.for_each([&](std::size_t bucket, std::uint64_t count) {
        figures.latency.push_back({static_cast<std::uint32_t>(bucket), static_cast<double>(count)});
    });
    figures.ranked = static_cast<double>(ranked.count());
    figures.good = static_cast<double>(tally.latency.count());
    figures.sum_ns = tally.latency.sum_ns();
    figures.seconds = seconds;
    figures.answered = static_cast<double>(tally.answered());
    figures.hits = static_cast<double>(tally.proven_hits);
    return figures;
}

ArmBlocks::ArmBlocks(std::vector<BlockFigures> blocks) : blocks_(std::move(blocks)) {
    for (const BlockFigures& block : blocks_)
        for (const auto& cell : block.latency)
            buckets_.push_back(cell.bucket);
    std::sort(buckets_.begin(), buckets_.end());
    buckets_.erase(std::unique(buckets_.begin(), buckets_.end()), buckets_.end());
    merged_.resize(buckets_.size());
    for (BlockFigures& block : blocks_)
        for (auto& cell : block.latency)
            cell.bucket = static_cast<std::uint32_t>(
                std::lower_bound(buckets_.begin(), buckets_.end(), cell.bucket) - buckets_.begin());
}

void ArmBlocks::draw(std::span<const unsigned> times) {
    std::fill(merged_.begin(), merged_.end(), 0.0);
    sums_ = {};
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        if (times[i] == 0) continue;
        const BlockFigures& block = blocks_[i];
        const double weight = times[i];
        for (const auto& cell : block.latency)
            merged_[cell.bucket] += weight * cell.count;
        sums_.add(block, weight);
    }
}

void ArmBlocks::draw_all() {
    draw(std::vector<unsigned>(blocks_.size(), 1));
}

void ArmBlocks::draw_only(std::size_t block) {
    std::vector<unsigned> times(blocks_.size());
    times[block] = 1;
    draw(times);
}

void ArmBlocks::quantiles(std::span<const double> q, std::span<double> values) const {
    double below = 0;
    std::size_t i = 0;
    for (std::size_t k = 0; k < q.size(); ++k) {
        const double rank =
            static_cast<double>(Histogram::rank_of(q[k], static_cast<std::uint64_t>(sums_.ranked)));
        while (i + 1 < merged_.size() && below + merged_[i] < rank)
            below += merged_[i++];
        const double low = static_cast<double>(Histogram::low_of(buckets_[i]));
        const double width = static_cast<double>(Histogram::low_of(buckets_[i] + 1)) - low;
        values[k] = low + width * (rank - below - 0.5) / std::max(merged_[i], 1.0);
    }
}

void resample(std::size_t blocks, std::uint64_t seed,
              const std::function<void(std::span<const unsigned>)>& visit) {
    std::mt19937_64 random(seed);
    std::vector<unsigned> times(blocks);
    for (unsigned round = 0; round < k_resamples; ++round) {
        std::fill(times.begin(), times.end(), 0U);
        // The upper 32 bits scaled: no library's distribution, whose sequence differs from one to another.
        for (std::size_t i = 0; i < blocks; ++i)
            ++times[static_cast<std::size_t>((random() >> 32U) * blocks >> 32U)];
        visit(times);
    }
}

Interval widened(const Interval& interval, double estimate, double times) {
    return {estimate - (estimate - interval.low) * times, estimate + (interval.high - estimate) * times,
            interval.blocks};
}

std::optional<Interval> bootstrap_interval(double estimate, std::vector<double>& resampled,
                                           std::size_t blocks) {
    const std::size_t n = resampled.size();
    if (blocks < 2 || n < std::size_t{k_resamples} / 10 * 9) return {};
    const double k = static_cast<double>(blocks);
    const double widen = t_975(static_cast<unsigned>(blocks - 1)) * std::sqrt(k / (k - 1));
    if (blocks < k_least_for_percentiles) {
        const double half = widen * deviation(resampled);
        return Interval{estimate - half, estimate + half, blocks};
    }
    const auto nth = [&](std::size_t index) {
        const auto place = resampled.begin() + static_cast<std::ptrdiff_t>(index);
        std::nth_element(resampled.begin(), place, resampled.end());
        return *place;
    };
    // As many beyond one end as beyond the other, so that the interval of the negative is this one's mirror.
    const std::size_t beyond = Histogram::rank_of(0.025, n) - 1;
    return Interval{estimate - std::max(0.0, estimate - nth(beyond)) * widen / k_z_975,
                    estimate + std::max(0.0, nth(n - 1 - beyond) - estimate) * widen / k_z_975, blocks};
}

} // namespace roacache::bench
