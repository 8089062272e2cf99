#include "src/bench/stats/signed_rank.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace roacache::bench {
namespace {

constexpr std::size_t k_most_exact = 50;

/// How many of the means of pairs are at most `limit`.
std::uint64_t pairs_up_to(const std::vector<double>& sorted, double limit) {
    std::uint64_t count = 0;
    std::size_t end = sorted.size(); // of the partners of sorted[i]; falls as i rises
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        while (end > i && sorted[i] / 2 + sorted[end - 1] / 2 > limit)
            --end;
        if (end == i) break;
        count += end - i;
    }
    return count;
}

/// The mean of a pair with this rank, from 1, by halving the range until no number lies between.
double pair_at(const std::vector<double>& sorted, std::uint64_t rank) {
    double low = sorted.front(), high = sorted.back();
    if (pairs_up_to(sorted, low) >= rank) return low;
    for (;;) {
        const double middle = std::midpoint(low, high);
        if (!(middle > low && middle < high)) return high;
        (pairs_up_to(sorted, middle) >= rank ? high : low) = middle;
    }
}

/// Twice each value's rank by distance from 0, so that shared ranks are whole too; negative for values
/// below 0.
std::vector<std::int64_t> signed_double_ranks(std::span<const double> values) {
    std::vector<double> sorted;
    for (const double value : values)
        if (value != 0) sorted.push_back(value);
    std::sort(sorted.begin(), sorted.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    std::vector<std::int64_t> ranks(sorted.size());
    for (std::size_t first = 0; first < sorted.size();) {
        std::size_t end = first + 1;
        while (end < sorted.size() && std::abs(sorted[end]) == std::abs(sorted[first]))
            ++end;
        for (std::size_t i = first; i < end; ++i)
            ranks[i] = static_cast<std::int64_t>(first + 1 + end) * (sorted[i] < 0 ? -1 : 1);
        first = end;
    }
    return ranks;
}

/// Of the smaller or the greater sums of ranks, whichever are fewer, twice the share of all ways to give
/// signs.
double exact_p(const std::vector<std::int64_t>& ranks, std::int64_t positive, std::int64_t all) {
    std::vector<double> ways(static_cast<std::size_t>(all) + 1);
    ways[0] = 1;
    for (const std::int64_t rank : ranks) {
        const auto step = static_cast<std::size_t>(std::abs(rank));
        for (std::size_t sum = ways.size() - 1; sum >= step; --sum)
            ways[sum] += ways[sum - step];
    }
    const std::int64_t tail = std::min(positive, all - positive); // the distribution is symmetric
    const double below = std::accumulate(ways.begin(), ways.begin() + tail + 1, 0.0);
    return std::min(1.0, 2 * std::ldexp(below, -static_cast<int>(ranks.size())));
}

double normal_p(const std::vector<std::int64_t>& ranks, std::int64_t positive, std::int64_t all) {
    double variance = 0; // a rank is in the sum or not: a quarter of its square, which ties are part of
    for (const std::int64_t rank : ranks)
        variance += static_cast<double>(rank) * static_cast<double>(rank) / 16;
    const double distance =
        std::abs(static_cast<double>(positive) / 2 - static_cast<double>(all) / 4) - 0.5; // continuity
    return distance <= 0 ? 1 : std::erfc(distance / std::sqrt(2 * variance));
}

} // namespace

double hodges_lehmann(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::uint64_t n = values.size(), pairs = n * (n + 1) / 2;
    const double lower = pair_at(values, (pairs + 1) / 2);
    return pairs % 2 == 1 ? lower : std::midpoint(lower, pair_at(values, pairs / 2 + 1));
}

double signed_rank_p(std::span<const double> values) {
    const std::vector<std::int64_t> ranks = signed_double_ranks(values);
    if (ranks.empty()) return 1;
    std::int64_t positive = 0, all = 0;
    for (const std::int64_t rank : ranks) {
        positive += std::max<std::int64_t>(rank, 0);
        all += std::abs(rank);
    }
    return ranks.size() <= k_most_exact ? exact_p(ranks, positive, all) : normal_p(ranks, positive, all);
}

} // namespace roacache::bench
