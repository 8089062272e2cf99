#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"
#include "src/report/figures.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace roacache::report {
namespace {

using Json = nlohmann::ordered_json;

Json entry(const std::string& name, const char* unit, double value, const std::string& extra) {
    return {{"name", output::printable(name)}, {"unit", unit}, {"value", value}, {"extra", extra}};
}

/// Without the host where all have the same, whose port may be another in each run.
std::string name_of(const bench::Result& result, std::size_t endpoint) {
    std::string name = result.endpoints[endpoint].shown_name();
    if (const std::string origin = common_origin(result); name.starts_with(origin))
        name.erase(0, origin.size());
    std::size_t same = 1;
    for (std::size_t i = 0; i < endpoint; ++i)
        same += result.endpoints[i].shown_name() == result.endpoints[endpoint].shown_name() ? 1 : 0;
    return same == 1 ? name : fmt::format("{} ({})", name, same);
}

/// The latencies of each arm, and what the cached arm's mean is of the uncached one's, which differs less
/// from one machine to the next.
void add_figures(Json& entries, const Document& document, std::optional<std::size_t> endpoint) {
    const bench::Result& result = document.result;
    const std::string of = endpoint ? ": " + name_of(result, *endpoint) : "";
    const std::string state = result.partial ? ", of a run that ended early" : "";
    for (const ArmView& arm : arm_views(result, endpoint)) {
        const auto add = [&](const char* figure, std::optional<double> ns) {
            if (!ns) return;
            entries.push_back(entry(fmt::format("{} {}{}", bench::name_of(arm.kind), figure, of), "ms",
                                    core::to_ms(*ns),
                                    fmt::format("{} good answers{}", arm.tally.latency.count(), state)));
        };
        add("mean", arm.mean_ns());
        for (const NamedQuantile& quantile : k_named_quantiles)
            if (!arm.is_bound(quantile.q)) add(quantile.label, arm.quantile_ns(quantile.q));
    }
    const auto& assessment = document.assessment;
    if (endpoint && *endpoint >= assessment.by_endpoint.size()) return;
    const bench::Comparison& comparison =
        endpoint ? assessment.by_endpoint[*endpoint] : assessment.comparison;
    const auto mean = comparison.find(bench::Quantity::mean);
    if (mean == comparison.end()) return;
    Json made = entry("cached mean of the uncached mean" + of, "%", 100 * mean->second.ratio,
                      speed_text(mean->second));
    made["range"] = fmt::format("{:.4g} … {:.4g}", 100 * mean->second.ci_low, 100 * mean->second.ci_high);
    entries.push_back(std::move(made));
}

} // namespace

std::string to_benchmark_action(const Document& document) {
    Json entries = Json::array();
    add_figures(entries, document, {});
    for (std::size_t i = 0; document.result.endpoints.size() > 1 && i < document.result.endpoints.size(); ++i)
        add_figures(entries, document, i);
    return output::json_text(entries, 2) + "\n";
}

} // namespace roacache::report
