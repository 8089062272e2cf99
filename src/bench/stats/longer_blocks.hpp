#pragma once

#include "src/bench/stats/bootstrap.hpp"

#include <optional>
#include <span>
#include <vector>

namespace roacache::bench {

/// How values that follow one another in time depend on each other.
struct Dependence {
    double lag1 = 0; ///< correlation of each value with the next
    /// By how much the variance of their mean exceeds that of independent ones: (1 + r) / (1 − r) for lag-1
    /// correlation r that fades with distance (Bayley & Hammersley 1946); at least 1.
    double design_effect = 1;
    /// lag1 is beyond what 19 of 20 series of independent values stay below: (−1 + 1.645 √(n − 2)) / (n − 1)
    /// (Anderson 1942, one-sided 5 %).
    bool remarkable = false;
};

/// Absent with fewer than k_least_blocks values, or when they do not vary.
std::optional<Dependence> dependence(std::span<const double> values);

/// The means of `groups` groups of neighbours, whose sizes differ by at most one. `groups` at least 1 and at
/// most as many as there are values.
std::vector<double> grouped(std::span<const double> values, std::size_t groups);
/// Blocks likewise, each group as the one longer block that it was.
std::vector<BlockFigures> grouped(const std::vector<BlockFigures>& blocks, std::size_t groups);

/// How blocks that depend on each other are to be analysed.
struct Together {
    std::size_t groups = 0; ///< into which the blocks go, as neighbours
    /// What an interval's halves are to be widened by for the dependence that is left: √ of the design
    /// effect of the groups' lag-1 correlation, corrected for its bias of (1 + 3r) / n (Marriott & Pope
    /// 1954).
    double widening = 1;
};

/// Judged by series of values of each block: into as many groups as leave no lag-1 correlation remarkable,
/// but at least k_least_blocks; groups of 1, 2, 3 … blocks are tried. One group a block, and no widening,
/// when they are independent or too few.
Together take_together(std::size_t blocks, const std::vector<std::vector<double>>& series);

} // namespace roacache::bench
