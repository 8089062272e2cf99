#pragma once

#include "src/bench/result.hpp"

#include <array>
#include <optional>
#include <string>

namespace roacache::bench {

/// What is compared between the arms.
enum class Quantity : std::uint8_t { mean, p50, p90, p95, p99, total_time };
inline constexpr std::array k_quantities{Quantity::mean, Quantity::p50, Quantity::p90,
                                         Quantity::p95,  Quantity::p99, Quantity::total_time};

const char* name_of(Quantity quantity); ///< `mean`, `p50`, …, `total_time`: as in JSON

/// cached / uncached with its 95 % confidence interval; reductions follow as 100 · (1 − ratio) percent.
struct Ratio {
    double ratio = 1;
    double ci_low = 1;
    double ci_high = 1;

    double reduction_percent() const { return 100 * (1 - ratio); }
};

/// By quantity; one that cannot be estimated (no good response in an arm, fewer than 2 pairs, or a quantile
/// with n(1 − q) < 5) is absent.
using Comparison = std::map<Quantity, Ratio>;

/// Compares the arms of one endpoint (its index), or of all pooled (nullopt): paired-block bootstrap of the
/// log ratio (Efron & Tibshirani 1993), blocks resampled as pairs, 2,000 times from `seed`, percentile
/// interval widened by t(K−1)/z for the small number of pairs. Blocks whose partner is missing (an
/// interrupted run) are left out.
Comparison compare(const Result& result, std::optional<std::size_t> endpoint);

/// How far the median latency ratio of the cached arm strays from 1 when its own odd and even blocks are
/// compared in the same way, in percent: less than this the run cannot resolve. Absent with fewer than 4
/// blocks.
std::optional<double> noise_floor_percent(const Result& result);

} // namespace roacache::bench
