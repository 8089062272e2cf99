#include "src/bench/stats/origin_queries.hpp"
#include "src/bench/verdict/format.hpp"
#include "src/core/units.hpp"
#include "src/report/figures.hpp"

#include <fmt/core.h>

namespace roacache::report {

using core::format_count;

std::vector<std::string> origin_lines(const Document& document) {
    const bench::Result& result = document.result;
    std::vector<std::string> lines;
    if (!result.origin) return lines;
    if (const std::string why = bench::why_no_origin_figures(result); !why.empty())
        return {"what the origin was asked is not known: " + why};
    for (const auto& [arm, rate] : bench::origin_rates(result)) {
        std::string line = fmt::format("{} queries a request of the {} arm",
                                       bench::format_number(rate.per_request()), bench::name_of(arm));
        if (rate.interval)
            line += fmt::format(" (95 % CI {})",
                                bench::format_number_range(rate.interval->low, rate.interval->high));
        lines.push_back(line + fmt::format(": {} queries, {} requests sent, those too that are in no latency",
                                           format_count(rate.queries), format_count(rate.requests)));
    }
    if (const auto reduction = bench::origin_reduction(result)) {
        std::string line =
            fmt::format("{} fewer queries with the cache", bench::format_percent(reduction->value));
        if (reduction->value < 0)
            line = fmt::format("{} more queries with the cache", bench::format_percent(-reduction->value));
        if (const auto& interval = reduction->interval)
            line += fmt::format(" (95 % CI of the reduction {})",
                                bench::format_percent_range(interval->low, interval->high));
        lines.push_back(line);
    }
    std::string line = "counted by " + result.plan.origin_counter + ", of everybody who uses it";
    if (result.origin->own != 0)
        line += fmt::format("; the {} by which each reading moves it are left out",
                            format_count(result.origin->own));
    lines.push_back(line);
    return lines;
}

} // namespace roacache::report
