#include "commands/bench/targets.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

/// Why no endpoint has the quantity for itself; null where each has.
const char* shared_by_endpoints(std::string_view quantity) {
    if (quantity.starts_with("total_time")) return "endpoints share the run's time";
    if (quantity.find("origin_") != std::string_view::npos)
        return "the origin is counted for all endpoints together";
    if (quantity.starts_with("store.")) return "endpoints share the store";
    return nullptr;
}

/// Throws core::Error(usage) where the endpoint alone cannot answer.
void check_answerable_alone(const std::string& expr, const bench::Plan& plan) {
    const bench::Assert assertion = bench::parse_assert(expr);
    check_of_endpoint(assertion, plan);
    bench::check_answerable(assertion, plan);
}

} // namespace

void check_of_endpoint(const bench::Assert& assertion, const bench::Plan& plan) {
    if (const char* shared = shared_by_endpoints(assertion.quantity))
        throw Error(ExitCode::usage, fmt::format("bad assert: {}: {}", assertion.expr, shared),
                    "Put it among the asserts of the whole suite.");
    if (assertion.quantity == "hit_rate" && !plan.proves_hits() && plan.counts_in_store)
        throw Error(
            ExitCode::usage,
            fmt::format("bad assert: {}: the store counts for all endpoints together", assertion.expr),
            "Give a hit_header, or put it among the asserts of the whole suite.");
}

void add_endpoint_targets(bench::Plan& plan, const std::vector<SelectorOptions>& selectors,
                          const config::Profile& profile, std::vector<std::string>& notes) {
    for (std::size_t i = 0; i < std::min(plan.endpoints.size(), selectors.size()); ++i) {
        bench::EndpointPlan& endpoint = plan.endpoints[i];
        if (!endpoint.asserts.empty() || selectors[i].resources.size() != 1) continue;
        const auto targets = profile.endpoint_targets.find(selectors[i].resources.front());
        if (targets == profile.endpoint_targets.end()) continue;
        const bench::Plan alone = plan.only(i);
        for (const std::string& expr : targets->second) {
            try {
                check_answerable_alone(expr, alone);
                endpoint.asserts.push_back(expr);
            } catch (const Error& error) {
                notes.push_back(fmt::format("The target {} of {} was left out: {}. {}", expr, targets->first,
                                            error.what(), error.remedy()));
            }
        }
    }
}

void check_targets(const config::Profile& profile) {
    const auto check = [&](const std::vector<std::string>& exprs) {
        for (const std::string& expr : exprs) {
            try {
                bench::parse_assert(expr);
            } catch (const Error& error) {
                throw Error(error.code(),
                            fmt::format("bad target: profile {}: {}", profile.name, error.what()),
                            error.remedy());
            }
        }
    };
    check(profile.targets);
    for (const auto& [resource, exprs] : profile.endpoint_targets) {
        profile.check_resource(resource);
        check(exprs);
    }
}

} // namespace roacache::commands
