#include "src/bench/stats/longer_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace roacache::bench {
namespace {

double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double widening_for(double lag1, std::size_t n) {
    constexpr double k_furthest = 0.95;
    const double unbiased =
        std::clamp(lag1 + (1 + 3 * std::max(lag1, 0.0)) / static_cast<double>(n), 0.0, k_furthest);
    return std::sqrt((1 + unbiased) / (1 - unbiased));
}

/// Where group `index` of `groups` begins.
std::size_t begin_of(std::size_t index, std::size_t groups, std::size_t size) {
    return index * size / groups;
}

} // namespace

std::optional<Dependence> dependence(std::span<const double> values) {
    constexpr double k_one_sided_5_percent = 1.645;
    if (values.size() < k_least_blocks) return {};
    const double mean = mean_of(values);
    double squares = 0, products = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        squares += (values[i] - mean) * (values[i] - mean);
        if (i > 0) products += (values[i - 1] - mean) * (values[i] - mean);
    }
    if (!(squares > 0) || !std::isfinite(squares)) return {};
    const double n = static_cast<double>(values.size());
    Dependence found;
    found.lag1 = products / squares; // below 1, for the last value has no next
    found.design_effect = std::max(1.0, (1 + found.lag1) / (1 - found.lag1));
    found.remarkable = found.lag1 > (-1 + k_one_sided_5_percent * std::sqrt(n - 2)) / (n - 1);
    return found;
}

std::vector<double> grouped(std::span<const double> values, std::size_t groups) {
    std::vector<double> means(groups);
    for (std::size_t g = 0; g < groups; ++g) {
        const std::size_t begin = begin_of(g, groups, values.size());
        means[g] = mean_of(values.subspan(begin, begin_of(g + 1, groups, values.size()) - begin));
    }
    return means;
}

std::vector<BlockFigures> grouped(const std::vector<BlockFigures>& blocks, std::size_t groups) {
    std::vector<BlockFigures> longer(groups);
    for (std::size_t g = 0; g < groups; ++g) {
        BlockFigures& sum = longer[g];
        std::map<std::uint32_t, double> counts;
        for (std::size_t i = begin_of(g, groups, blocks.size()); i < begin_of(g + 1, groups, blocks.size());
             ++i) {
            const BlockFigures& block = blocks[i];
            for (const auto& cell : block.latency)
                counts[cell.bucket] += cell.count;
            sum.add(block);
        }
        for (const auto& [bucket, count] : counts)
            sum.latency.push_back({bucket, count});
    }
    return longer;
}

Together take_together(std::size_t blocks, const std::vector<std::vector<double>>& series) {
    Together found{blocks, 1};
    for (std::size_t together = 1; blocks / together >= k_least_blocks; ++together) {
        found = {blocks / together, 1};
        bool depends = false;
        for (const std::vector<double>& values : series) {
            if (values.size() < found.groups) continue;
            const auto left = dependence(grouped(values, found.groups));
            if (!left) continue;
            depends = depends || left->remarkable;
            if (together > 1)
                found.widening = std::max(found.widening, widening_for(left->lag1, found.groups));
        }
        if (!depends) break;
    }
    return found;
}

} // namespace roacache::bench
