#include "src/bench/verdict/format.hpp"
#include "src/core/units.hpp"
#include "src/report/figures.hpp"

#include <cmath>
#include <fmt/core.h>

namespace roacache::report {
namespace {

using core::format_count;

const char* telling(bench::ReachedBy by) {
    switch (by) {
    case bench::ReachedBy::computations:
        return "by the service's own count of computations";
    case bench::ReachedBy::header:
        return "by the response header; who waited for another's answer may be among them";
    case bench::ReachedBy::store:
        return "by the store's count of misses; who waited for another's answer may be among them";
    case bench::ReachedBy::latency:
        return "by answers as slow as misses; who waited for another's answer is among them";
    case bench::ReachedBy::unknown:
        break;
    }
    return "";
}

} // namespace

std::vector<std::string> miss_cost_lines(const Document& document) {
    std::vector<std::string> lines;
    const auto& cost = document.assessment.miss_cost;
    if (!cost) return lines;
    if (const auto& overhead = cost->overhead_ns)
        lines.push_back(fmt::format("a miss takes {} {} than going past the cache (95 % CI {})",
                                    bench::format_ns(std::abs(overhead->value)),
                                    overhead->value < 0 ? "less" : "more",
                                    bench::format_ns_range(overhead->ci_low, overhead->ci_high)));
    if (const auto& even = cost->break_even) {
        const std::string interval = bench::format_percent_range(even->ci_low, even->ci_high);
        if (even->value <= 0)
            lines.push_back(
                fmt::format("break-even: at any hit rate, for a miss is no slower than going past "
                            "the cache (95 % CI {})",
                            interval));
        else if (even->value > 1)
            lines.emplace_back("break-even: never, for even a hit is slower than going past the cache");
        else
            lines.push_back(
                fmt::format("break-even: the cache saves time from a hit rate of {} on (95 % CI {})",
                            bench::format_percent(even->value), interval));
    }
    if (const auto& expected = cost->expected_ns)
        lines.push_back(fmt::format("at the {} of hits that the store had counted before the run the mean "
                                    "answer would take {} (95 % CI {})",
                                    bench::format_percent(*document.result.store->hit_rate_before),
                                    bench::format_ns(expected->value),
                                    bench::format_ns_range(expected->ci_low, expected->ci_high)));
    return lines;
}

std::string stampede_line(const bench::Result& result, std::size_t endpoint) {
    const auto& stampede = result.endpoints.at(endpoint).stampede;
    if (!stampede || !result.plan.stampede) return {};
    if (stampede->rounds.empty()) return "no time was left for a stampede";
    const bench::Histogram waited = stampede->waited();
    std::string text = fmt::format("{} callers at once, {} times: ", result.plan.stampede->callers,
                                   format_count(stampede->rounds.size()));
    if (const auto most = stampede->most_reached())
        text += fmt::format("{} of them reached the origin on average, {} at most ({})",
                            bench::format_number(*stampede->mean_reached()), *most, telling(stampede->by));
    else
        text += "nothing tells how many reached the origin";
    if (waited.empty()) return text + "; nobody was answered well";
    const bool median = bench::enough_for_quantile(0.5, waited.count());
    text += fmt::format("; they waited {} {} and {} at most",
                        bench::format_ns(median ? waited.quantile_ns(0.5) : waited.mean_ns()),
                        median ? "in the median" : "on average",
                        bench::format_ns(static_cast<double>(waited.max_ns())));
    if (const std::uint64_t errors = stampede->errors(); errors != 0)
        text += fmt::format("; {} requests failed", format_count(errors));
    return text;
}

} // namespace roacache::report
