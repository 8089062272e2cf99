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

std::string arm_line(const std::string& endpoint, const ArmView& arm) {
    const bench::Histogram& latency = arm.tally.latency;
    const auto present = [&](double value) { return latency.empty() ? "" : ms_cell(value); };
    std::string line = fmt::format("{},{},{},{},{},{},{}", output::csv_field(output::printable(endpoint)),
                                   bench::name_of(arm.kind), arm.tally.requests, latency.count(),
                                   bench::total(arm.tally.errors), cell(arm.seconds), cell(arm.rps()));
    line += fmt::format(",{},{},{}", present(static_cast<double>(latency.min_ns())), ms_cell(arm.mean_ns()),
                        latency.count() > 1 ? ms_cell(latency.stddev_ns()) : "");
    for (const NamedQuantile& quantile : k_named_quantiles)
        line += "," + ms_cell(arm.quantile_ns(quantile.q));
    line += fmt::format(",{},{},{},{},{}\n", present(static_cast<double>(latency.max_ns())),
                        cell(arm.first_ms), arm.provable ? std::to_string(arm.tally.proven_hits) : "",
                        arm.provable ? std::to_string(arm.tally.proven_misses) : "", arm.tally.bytes);
    return line;
}

} // namespace

std::string to_csv(const Document& document) {
    std::string text = "endpoint,arm,requests,good,errors,seconds,rps,min_ms,mean_ms,stddev_ms";
    for (const NamedQuantile& quantile : k_named_quantiles)
        text += fmt::format(",{}_ms", quantile.field);
    text += ",max_ms,first_ms,proven_hits,proven_misses,bytes\n";
    for (const ArmView& arm : arm_views(document.result))
        text += arm_line("*", arm);
    for (std::size_t i = 0; i < document.result.endpoints.size(); ++i)
        for (const ArmView& arm : arm_views(document.result, i))
            text += arm_line(document.result.endpoints[i].name, arm);
    return text;
}

} // namespace roacache::report
