#include "src/bench/verdict/format.hpp"
#include "src/core/units.hpp"
#include "src/report/figures.hpp"

#include <cstdlib>
#include <fmt/core.h>

namespace roacache::report {

std::vector<std::string> tier_lines(const Document& document, std::string (*mark)(std::string_view)) {
    std::vector<std::string> lines;
    for (const ArmView& arm : arm_views(document.result))
        for (const auto& [tier, latency] : arm.tally.tiers) {
            if (latency.empty()) continue;
            std::string line = fmt::format("{}: {} of {} good answers of the {} arm ({}), in {} on average",
                                           mark(tier), core::format_count(latency.count()),
                                           core::format_count(arm.tally.answered()), bench::name_of(arm.kind),
                                           bench::format_percent(static_cast<double>(latency.count()) /
                                                                 static_cast<double>(arm.tally.answered())),
                                           bench::format_ns(latency.mean_ns()));
            for (const NamedQuantile& quantile : k_named_quantiles)
                if ((quantile.q == 0.5 || quantile.q == 0.99) &&
                    bench::enough_for_quantile(quantile.q, latency.count()))
                    line += fmt::format(", {} {}", quantile.label,
                                        bench::format_ns(latency.quantile_ns(quantile.q)));
            lines.push_back(std::move(line));
        }
    return lines;
}

std::string memory_line(const Document& document) {
    const auto& store = document.result.store;
    const auto delta = store ? store->memory_delta() : std::nullopt;
    if (!delta) return {};
    return fmt::format(
        "the store used {} {} after the blocks than before the run ({}, then {}), of everybody who "
        "uses it",
        core::format_size(static_cast<std::uint64_t>(std::abs(*delta))), *delta < 0 ? "less" : "more",
        core::format_size(*store->memory_before), core::format_size(*store->memory_after));
}

} // namespace roacache::report
