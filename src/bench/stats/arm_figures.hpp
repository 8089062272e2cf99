#pragma once

#include "src/bench/stats/statistics.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace roacache::bench {

/// How a figure of one arm is computed: of the arm as a whole, and of blocks that were drawn of it. A
/// quantile has its q and no functions.
struct ArmFigure {
    enum class Unit : std::uint8_t { nanoseconds, per_second, fraction };
    Figure figure;
    std::string_view name; ///< `p99`
    Unit unit;
    std::optional<double> q = {};
    /// `seconds`: of wall time in the arm's blocks. Absent where it would divide by nothing.
    std::optional<double> (*of_arm)(const Tally& tally, double seconds) = nullptr;
    std::optional<double> (*of_blocks)(const BlockSums& sums) = nullptr;
};

/// Every Figure. To add one: its name in that enumeration, and a line in arm_figures.cpp.
std::span<const ArmFigure> arm_figures();
const ArmFigure& arm_figure(Figure figure);

/// The figure of the whole arm: nothing without a good response, or of a quantile that so few do not carry.
std::optional<double> value_of(const ArmFigure& figure, const Tally& tally, double seconds);

} // namespace roacache::bench
