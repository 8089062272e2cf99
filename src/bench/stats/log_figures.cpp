#include "src/bench/stats/log_figures.hpp"

#include <cmath>
#include <span>

namespace roacache::bench {

std::size_t ranks_for(std::uint64_t values) {
    std::size_t ranks = 0; // ascending, so those that are known come first
    while (ranks < k_ranks.size() && enough_for_quantile(k_ranks.at(ranks), values))
        ++ranks;
    return ranks;
}

BlockFigures scope_of(const Block& block, std::optional<std::size_t> endpoint) {
    if (endpoint)
        return *endpoint < block.endpoints.size() ? figures_of(block.endpoints[*endpoint], block.seconds)
                                                  : BlockFigures{};
    if (block.endpoints.size() == 1) return figures_of(block.endpoints.front(), block.seconds);
    Tally pooled;
    for (const Tally& tally : block.endpoints)
        pooled.merge(tally);
    return figures_of(pooled, block.seconds);
}

LogFigures log_figures(const ArmBlocks& drawn, std::size_t ranks, bool total_time) {
    LogFigures figures;
    const BlockSums& sums = drawn.sums();
    if (sums.good <= 0) return figures;
    const auto add = [&](Quantity quantity, double value) {
        if (value > 0) figures[quantity] = std::log(value);
    };
    add(Quantity::mean, sums.sum_ns / sums.good);
    if (total_time && sums.answered > 0) add(Quantity::total_time, sums.seconds / sums.answered);
    std::array<double, k_ranks.size()> values{};
    drawn.quantiles(std::span(k_ranks).first(ranks), values);
    for (std::size_t k = 0; k < ranks; ++k)
        add(k_rank_quantities.at(k), values.at(k));
    return figures;
}

std::vector<LogFigures> figures_of_each(ArmBlocks& blocks) {
    std::vector<LogFigures> each;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        blocks.draw_only(i);
        each.push_back(log_figures(blocks, 1, false));
    }
    return each;
}

std::vector<double> series_of(const std::vector<LogFigures>& figures, Quantity quantity) {
    std::vector<double> series;
    for (const LogFigures& one : figures)
        if (const auto found = one.find(quantity); found != one.end()) series.push_back(found->second);
    return series;
}

Together together_by_arms(const std::map<ArmKind, std::vector<BlockFigures>>& arms, std::size_t pairs) {
    std::vector<std::vector<LogFigures>> each;
    for (const auto& [arm, blocks] : arms) {
        ArmBlocks own(blocks);
        each.push_back(figures_of_each(own));
    }
    if (each.size() >= 2) {
        std::vector<LogFigures> ratios;
        for (std::size_t i = 0; i < pairs; ++i)
            ratios.push_back(each[0][i] - each[1][i]);
        each.push_back(std::move(ratios));
    }
    std::vector<std::vector<double>> series;
    for (const auto& one : each)
        for (const Quantity quantity : {Quantity::mean, Quantity::p50})
            series.push_back(series_of(one, quantity));
    return take_together(pairs, series);
}

LogFigures operator-(const LogFigures& a, const LogFigures& b) {
    LogFigures difference;
    for (const auto& [quantity, value] : a)
        if (const auto other = b.find(quantity); other != b.end())
            difference[quantity] = value - other->second;
    return difference;
}

Comparison ResampledRatio::with_intervals(const LogFigures& estimate, const Together& blocks) {
    Comparison comparison;
    for (const auto& [quantity, value] : estimate)
        if (const auto plain = bootstrap_interval(value, drawn_[quantity], blocks.groups)) {
            const Interval interval = widened(*plain, value, blocks.widening);
            comparison[quantity] = {
                std::exp(value), std::exp(interval.low), std::exp(interval.high), blocks.groups, {}};
        }
    return comparison;
}

} // namespace roacache::bench
