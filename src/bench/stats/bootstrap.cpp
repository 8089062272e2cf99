#include "src/bench/stats/bootstrap.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

namespace roacache::bench {
namespace {

constexpr std::size_t k_least_for_percentiles = 8;

/// Of a group. Summing up the groups and looking into one of them for each of five quantiles then takes about
/// as long, with 30 blocks of 150 filled buckets.
constexpr std::size_t k_cells = 256;

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

ArmBlocks::ArmBlocks(const std::vector<BlockFigures>& blocks) : times_(blocks.size()) {
    struct Placed {
        std::uint32_t bucket;
        Cell cell;
    };
    std::vector<Placed> placed;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        blocks_.push_back(blocks[i]);
        for (const auto& cell : blocks[i].latency)
            placed.push_back({cell.bucket, {static_cast<std::uint32_t>(i), cell.count}});
    }
    std::stable_sort(placed.begin(), placed.end(),
                     [](const Placed& one, const Placed& other) { return one.bucket < other.bucket; });
    cells_.reserve(placed.size());
    std::size_t group_end = 0;
    for (const auto& [bucket, cell] : placed) {
        if (buckets_.empty() || buckets_.back() != bucket) {
            if (cells_.size() >= group_end) {
                group_end = cells_.size() + k_cells;
                first_buckets_.push_back(buckets_.size());
                group_counts_.resize(group_counts_.size() + blocks_.size());
            }
            buckets_.push_back(bucket);
            first_cells_.push_back(cells_.size());
        }
        cells_.push_back(cell);
        group_counts_[group_counts_.size() - blocks_.size() + cell.block] += cell.count;
    }
    first_cells_.push_back(cells_.size());
}

void ArmBlocks::draw(std::span<const unsigned> times) {
    std::copy(times.begin(), times.end(), times_.begin());
    sums_ = {};
    for (std::size_t i = 0; i < blocks_.size(); ++i)
        sums_.add(blocks_[i], times_[i]);
}

void ArmBlocks::draw_all() {
    draw(std::vector<unsigned>(blocks_.size(), 1));
}

void ArmBlocks::draw_only(std::size_t block) {
    std::vector<unsigned> times(blocks_.size());
    times[block] = 1;
    draw(times);
}

double ArmBlocks::in_bucket(std::size_t bucket) const {
    double count = 0;
    for (std::size_t i = first_cells_[bucket]; i < first_cells_[bucket + 1]; ++i)
        count += times_[cells_[i].block] * cells_[i].count;
    return count;
}

double ArmBlocks::in_group(std::size_t group) const {
    return std::inner_product(times_.begin(), times_.end(),
                              group_counts_.begin() + static_cast<std::ptrdiff_t>(group * times_.size()),
                              0.0);
}

void ArmBlocks::quantiles(std::span<const double> q, std::span<double> values) const {
    // All of these are whole numbers, so that what is summed up by groups is what is summed up by buckets.
    double below_group = 0, below = 0;
    std::size_t group = 0, i = 0;
    double of_group = in_group(0), of_bucket = in_bucket(0);
    for (std::size_t k = 0; k < q.size(); ++k) {
        const double rank =
            static_cast<double>(Histogram::rank_of(q[k], static_cast<std::uint64_t>(sums_.ranked)));
        while (group + 1 < first_buckets_.size() && below_group + of_group < rank) {
            below = below_group += of_group;
            of_group = in_group(++group);
            of_bucket = in_bucket(i = first_buckets_[group]);
        }
        while (i + 1 < buckets_.size() && below + of_bucket < rank) {
            below += of_bucket;
            of_bucket = in_bucket(++i);
        }
        const double low = static_cast<double>(Histogram::low_of(buckets_[i]));
        const double width = static_cast<double>(Histogram::low_of(buckets_[i] + 1)) - low;
        values[k] = low + width * (rank - below - 0.5) / std::max(of_bucket, 1.0);
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
