#pragma once

#include "src/bench/model/result.hpp"
#include "src/bench/stats/longer_blocks.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>

namespace roacache::bench {

/// What is compared between the arms. `total_time` is the time that the same number of good responses takes:
/// the wall seconds of the arm's blocks, divided by its good responses (so that it means the same with -z,
/// where both arms are given the same time). It belongs to the run: endpoints that share blocks have none of
/// their own.
enum class Quantity : std::uint8_t { mean, p50, p90, p95, p99, total_time };
inline constexpr std::array k_quantities{Quantity::mean, Quantity::p50, Quantity::p90,
                                         Quantity::p95,  Quantity::p99, Quantity::total_time};

const char* name_of(Quantity quantity); ///< `mean`, `p50`, …, `total_time`: as in JSON

/// What other methods than the bootstrap say of the pairs' own log ratios, and how independent those are.
struct Check {
    double hodges_lehmann_ratio = 1;
    double signed_rank_p = 1;             ///< two-sided; see signed_rank_p()
    std::size_t pairs = 0;                ///< that ran, of which Ratio::blocks longer ones may have been made
    std::optional<Dependence> dependence; ///< of the pairs as they ran
    bool still_dependent = false;         ///< those that were analysed are not independent either
};

/// cached / uncached with its 95 % confidence interval; reductions follow as 100 · (1 − ratio) percent.
struct Ratio {
    double ratio = 1;
    double ci_low = 1;
    double ci_high = 1;
    std::size_t blocks = 0;     ///< pairs of them that the interval is from
    std::optional<Check> check; ///< mean and p50 of two arms

    double reduction_percent() const { return 100 * (1 - ratio); }
    bool calls_difference() const { return ci_low > 1 || ci_high < 1; }
    /// The interval calls a difference, but the signed-rank test does not at 5 %, or the Hodges-Lehmann
    /// estimate has it the other way round. Never with fewer than 6 pairs, of which no signs are rare enough.
    bool check_disagrees() const;
};

/// By quantity; one that cannot be estimated (no good response in an arm, fewer than 2 pairs, or a quantile
/// with n(1 − q) < 50) is absent.
using Comparison = std::map<Quantity, Ratio>;

/// Compares the arms of one endpoint (its index), or of all pooled (nullopt): paired-block bootstrap of the
/// log ratio (Efron & Tibshirani 1993), blocks resampled as pairs, 2,000 times from the plan's seed,
/// percentile interval widened for the small number of pairs (see bootstrap_interval). Blocks whose partner
/// is missing (an interrupted run) are left out. Where neighbouring pairs are alike in the log ratio of their
/// means or medians, they are taken together as longer pairs first (see take_together).
Comparison compare(const Result& result, std::optional<std::size_t> endpoint);

/// Where a closed loop took turns with the open one.
struct LoopComparison {
    Comparison arms; ///< cached / uncached in the closed loop; empty for a single run
    /// Closed / open, of blocks of the same pair: where it is below 1, the closed loop hides what callers who
    /// come on a schedule wait.
    std::map<ArmKind, Comparison> closed_by_open;
    /// Of each arm the figure of which it hides most, a fifth at least; absent where it hides none that could
    /// not be chance (see holm_adjusted(); fewer than k_least_blocks pairs always could), and where the open
    /// loop was overloaded.
    std::map<ArmKind, Quantity> most_hidden;
};

/// All endpoints pooled; absent where there was one loop.
std::optional<LoopComparison> compare_loops(const Result& result);

/// Pairs of blocks of which every arm's ran; for a single run its blocks.
std::size_t whole_pairs(const Result& result);

/// The factor, at least 1, by which the median latencies of an arm's own odd and even blocks may differ: of
/// both arms the far end of such a comparison's interval, so that a difference by less, either way, is one
/// that the run cannot resolve. Absent with fewer than 4 blocks of an arm.
std::optional<double> noise_floor(const Result& result);

/// The q of those that are quantiles.
std::optional<double> quantile_of(Quantity quantity);

/// A figure of one arm that can be estimated from blocks: see arm_figures().
enum class Figure : std::uint8_t { mean, p50, p90, p95, p99, p999, rps, hit_rate };

/// The figure's 95 % interval, blocks resampled (nanoseconds, 1/s, or a fraction), after such as are alike in
/// it (a quantile: in their mean) were taken together. For hit_rate the wider, at
/// each end, of the block bootstrap (which sees that misses come in bursts) and of the Wilson score interval
/// (which does not take 100 hits of 100 for certainty). Absent under the conditions of Comparison.
std::optional<Interval> interval_of(const Result& result, ArmKind arm, Figure figure);

/// The Wilson score interval of a proportion, 95 %; `of` at least 1.
Interval wilson_interval(double successes, double of);

} // namespace roacache::bench
