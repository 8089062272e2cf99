#include "src/core/units.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"
#include "src/report/figures.hpp"

#include <fmt/core.h>

namespace roacache::report {
namespace {

std::string cell(std::optional<double> value) {
    return value ? fmt::format("{:.6g}", *value) : "";
}

std::string ms_cell(std::optional<double> ns) {
    return ns ? cell(core::to_ms(*ns)) : "";
}

std::string arm_line(const std::string& endpoint, const ArmView& arm, const bench::Plan& plan) {
    const bench::Histogram& latency = arm.tally.latency;
    const auto present = [&](double value) { return latency.empty() ? "" : ms_cell(value); };
    std::string line = fmt::format("{},{},{},{},{},{},{}", output::csv_field(output::printable(endpoint)),
                                   bench::name_of(arm.kind), arm.tally.requests, latency.count(),
                                   bench::total(arm.tally.errors), cell(arm.seconds), cell(arm.rps()));
    line += fmt::format(",{},{},{}", present(static_cast<double>(latency.min_ns())), ms_cell(arm.mean_ns()),
                        latency.count() > 1 ? ms_cell(latency.stddev_ns()) : "");
    for (const NamedQuantile& quantile : k_named_quantiles)
        line += "," + ms_cell(arm.quantile_ns(quantile.q));
    line += fmt::format(",{},{},{},{},{},{}\n", present(static_cast<double>(latency.max_ns())),
                        cell(arm.first_ms), arm.provable ? std::to_string(arm.tally.proven_hits) : "",
                        arm.provable ? std::to_string(arm.tally.proven_misses) : "", arm.tally.bytes,
                        plan.rate ? "open" : "closed");
    return line;
}

} // namespace

std::string to_csv(const Document& document) {
    std::string text = "endpoint,arm,requests,good,errors,seconds,rps,min_ms,mean_ms,stddev_ms";
    for (const NamedQuantile& quantile : k_named_quantiles)
        text += fmt::format(",{}_ms", quantile.field);
    text += ",max_ms,first_ms,proven_hits,proven_misses,bytes,loop\n";
    for (const bench::Result* loop : loops_of(document.result)) {
        for (const ArmView& arm : arm_views(*loop))
            text += arm_line("*", arm, loop->plan);
        for (std::size_t i = 0; i < loop->endpoints.size(); ++i)
            for (const ArmView& arm : arm_views(*loop, i))
                text += arm_line(loop->endpoints[i].name, arm, loop->plan);
    }
    return text;
}

} // namespace roacache::report
