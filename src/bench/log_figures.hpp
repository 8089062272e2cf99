#pragma once

#include "src/bench/statistics.hpp"

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

/// a / b, for what both have.
LogFigures operator-(const LogFigures& a, const LogFigures& b);

/// Estimates of a ratio from resamples of it.
class ResampledRatio {
  public:
    void add(const LogFigures& log_ratios) {
        for (const auto& [quantity, value] : log_ratios)
            drawn_[quantity].push_back(value);
    }
    /// With the intervals of bootstrap_interval() for so many blocks; those without one are left out.
    Comparison with_intervals(const LogFigures& estimate, std::size_t blocks);

  private:
    std::map<Quantity, std::vector<double>> drawn_;
};

} // namespace roacache::bench
