#pragma once

#include "src/bench/stats/statistics.hpp"

#include <array>
#include <map>
#include <optional>
#include <vector>

namespace roacache::bench {

/// What is compared of two arms or two runs, as logarithms: a ratio is their difference.
using LogFigures = std::map<Quantity, double>;

/// The quantiles among the quantities, ascending.
inline constexpr std::array k_ranks{0.5, 0.9, 0.95, 0.99};
inline constexpr std::array k_rank_quantities{Quantity::p50, Quantity::p90, Quantity::p95, Quantity::p99};

/// How many of k_ranks, from the first, so many values are enough for.
std::size_t ranks_for(std::uint64_t values);

/// One endpoint's part of a block, or all of it.
BlockFigures scope_of(const Block& block, std::optional<std::size_t> endpoint);

/// Of what was drawn last; a figure that is not above 0 is absent. Without a good response there is none.
LogFigures log_figures(const ArmBlocks& drawn, std::size_t ranks, bool total_time);

/// Mean and median of each block alone.
std::vector<LogFigures> figures_of_each(ArmBlocks& blocks);

/// The values of one quantity, in order, of those that have it.
std::vector<double> series_of(const std::vector<LogFigures>& figures, Quantity quantity);

/// How the pairs of a run are to be analysed for each arm, and the ratio of the first two, to be independent;
/// the blocks of one pair have the same index.
Together together_by_arms(const std::map<ArmKind, std::vector<BlockFigures>>& arms, std::size_t pairs);

/// a / b, for what both have.
LogFigures operator-(const LogFigures& a, const LogFigures& b);

/// Estimates of a ratio from resamples of it.
class ResampledRatio {
  public:
    void add(const LogFigures& log_ratios) {
        for (const auto& [quantity, value] : log_ratios)
            drawn_[quantity].push_back(value);
    }
    /// With the intervals of bootstrap_interval() for so many blocks, widened; those without one are left
    /// out.
    Comparison with_intervals(const LogFigures& estimate, const Together& blocks);

  private:
    std::map<Quantity, std::vector<double>> drawn_;
};

} // namespace roacache::bench
