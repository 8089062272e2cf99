#include "src/report/conditions.hpp"

#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"
#include "src/report/plan_json.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <string_view>

namespace roacache::report {
namespace {

struct Place {
    std::string_view host; ///< without the port, which tests choose anew each time
    std::string_view path; ///< with the query
};

Place place_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    const std::size_t end = std::min(url.find_first_of("/?", begin), url.size());
    std::string_view host = url.substr(begin, end - begin);
    const std::size_t colon = host.rfind(':'), bracket = host.rfind(']'); // of an IPv6 address
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket))
        host = host.substr(0, colon);
    return {host, url.substr(end)};
}

std::string fact_of(const Environment& environment, std::string_view name) {
    for (const auto& [fact, value] : environment)
        if (fact == name) return value;
    return {};
}

std::string changed(std::string_view name, std::string_view before, std::string_view now) {
    return fmt::format("{} {}, now {}", name, before.empty() ? "none" : before, now.empty() ? "none" : now);
}

} // namespace

std::string other_question(const SavedRun& before, const bench::Plan& now, const std::string& uncached_by) {
    const bench::Plan& old = before.result.plan;
    if (old.arms() != now.arms()) return "it measured other arms";
    if (old.endpoints.size() != now.endpoints.size())
        return fmt::format("its endpoints were {} instead of {}", old.endpoints.size(), now.endpoints.size());
    for (std::size_t i = 0; i < now.endpoints.size(); ++i) {
        // Older runs have them percent-encoded.
        const std::string was_called = output::readable_url(old.endpoints[i].name);
        const std::string_view was = place_of(was_called).path, is = place_of(now.endpoints[i].name).path;
        if (was != is)
            return fmt::format("it asked for {} instead of {}", output::printable(was),
                               output::printable(is));
    }
    for (std::size_t i = 0; i < now.endpoints.size(); ++i) {
        const bench::EndpointPlan &was = old.endpoints[i], &is = now.endpoints[i];
        const std::string of = now.endpoints.size() == 1 ? "" : output::printable(is.name) + " ";
        if (!was.asked.empty() && !is.asked.empty() && was.asked != is.asked)
            return fmt::format("it asked {}by {} instead of {}", of, output::printable(was.asked),
                               output::printable(is.asked));
        if (was.weight != is.weight)
            return fmt::format("it asked {}at a weight of {} instead of {}", of, was.weight, is.weight);
    }
    // Addresses may differ from run to run.
    const bool known = !before.uncached_by.empty() && !uncached_by.empty() &&
                       before.uncached_by.find("://") == std::string::npos;
    if (known && before.uncached_by != uncached_by)
        return fmt::format("its uncached arm was made by {}", output::harmless(before.uncached_by));
    return {};
}

std::vector<std::string> other_conditions(const SavedRun& before, const bench::Plan& now,
                                          const Environment& environment) {
    std::vector<std::string> conditions;
    const nlohmann::ordered_json old_plan = plan_json(before.result.plan), new_plan = plan_json(now);
    const auto text = [](const nlohmann::ordered_json& value) {
        return value.is_null() ? "" : output::json_text(value);
    };
    for (const char* name : {"load", "concurrency", "rate", "closed_beside", "threads", "protocol", "streams",
                             "spin", "connect_to"}) {
        const std::string was = text(old_plan.at(name)), is = text(new_plan.at(name));
        if (was != is) conditions.push_back(changed(name, was, is));
    }
    const std::size_t both = std::min(before.result.plan.endpoints.size(), now.endpoints.size());
    for (std::size_t i = 0; i < both; ++i) {
        const std::string_view was = place_of(before.result.plan.endpoints[i].name).host,
                               is = place_of(now.endpoints[i].name).host;
        if (was == is) continue;
        conditions.push_back(changed("host", was, is));
        break;
    }
    for (const char* name : {"cpu", "cores", "memory", "roacache"}) {
        const std::string was = fact_of(before.environment, name), is = fact_of(environment, name);
        if (!was.empty() && was != is) conditions.push_back(changed(name, was, is));
    }
    return conditions;
}

} // namespace roacache::report
