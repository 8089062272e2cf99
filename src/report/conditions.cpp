#include "src/report/conditions.hpp"

#include "src/core/ascii.hpp"
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
    std::string_view scheme; ///< empty: not written
    std::string_view user;   ///< with what hides a password
    std::string_view host;   ///< without the port, which tests choose anew each time
    std::string_view path;   ///< with the query
};

Place place_of(std::string_view url) {
    Place place;
    if (const std::size_t end = url.find("://"); end != std::string_view::npos) {
        place.scheme = url.substr(0, end);
        url.remove_prefix(end + 3);
    }
    const std::size_t end = std::min(url.find_first_of("/?"), url.size());
    place.host = url.substr(0, end);
    place.path = url.substr(end);
    if (const std::size_t at = place.host.rfind('@'); at != std::string_view::npos) {
        place.user = place.host.substr(0, at);
        place.host.remove_prefix(at + 1);
    }
    const std::size_t colon = place.host.rfind(':'), bracket = place.host.rfind(']'); // of an IPv6 address
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket))
        place.host = place.host.substr(0, colon);
    return place;
}

/// Scheme, host and port of every URL left away: they may differ from run to run.
std::string without_hosts(std::string_view text) {
    std::string result;
    for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://")) {
        std::size_t begin = at;
        while (begin > 0 && core::is_alnum(text[begin - 1]))
            --begin;
        result += text.substr(0, begin);
        text.remove_prefix(at + 3);
        text.remove_prefix(std::min(text.find_first_of("/?; "), text.size()));
    }
    return result.append(text);
}

std::string fact_of(const Environment& environment, std::string_view name) {
    for (const auto& [fact, value] : environment)
        if (fact == name) return value;
    return {};
}

std::string changed(std::string_view name, std::string_view before, std::string_view now) {
    return fmt::format("{} {}, now {}", name, before.empty() ? "none" : before, now.empty() ? "none" : now);
}

std::string_view name_of_header(std::string_view header) {
    return header.substr(0, header.find(' '));
}

/// Those of `all` that are not among the others.
std::vector<std::string_view> missing_in(const std::vector<std::string>& others,
                                         const std::vector<std::string>& all) {
    std::vector<std::string_view> missing;
    for (const std::string& one : all)
        if (std::find(others.begin(), others.end(), one) == others.end()) missing.emplace_back(one);
    return missing;
}

/// How the headers of a request differ; empty where they do not, as far as is known.
std::string other_headers(const bench::EndpointPlan& was, const bench::EndpointPlan& is) {
    if (!was.headers || !is.headers || *was.headers == *is.headers) return {};
    const auto dropped = missing_in(*is.headers, *was.headers), added = missing_in(*was.headers, *is.headers);
    if (dropped.empty() && added.empty()) return "other headers";
    const std::string_view name = name_of_header(dropped.empty() ? added.front() : dropped.front());
    const bool both = !dropped.empty() && std::any_of(added.begin(), added.end(), [&](std::string_view one) {
        return name_of_header(one) == name;
    });
    return fmt::format("{} header {}",
                       both              ? "another value of the"
                       : dropped.empty() ? "no"
                                         : "the",
                       output::printable(name));
}

/// Whether a run is of a version that saves all that it asks.
bool is_known(const bench::EndpointPlan& endpoint) {
    return endpoint.headers.has_value();
}

/// Why an endpoint is another question than the one in its place before; `name` is ` for ` and its name, or
/// empty.
std::string other_request(const bench::EndpointPlan& was, const bench::EndpointPlan& is,
                          const std::string& name) {
    if (!was.asked.empty() && !is.asked.empty() && was.asked != is.asked)
        return fmt::format("it asked{} by {} instead of {}", name, output::printable(was.asked),
                           output::printable(is.asked));
    if (const std::string headers = other_headers(was, is); !headers.empty())
        return fmt::format("it asked{} with {}", name, headers);
    if (was.weight != is.weight)
        return fmt::format("it asked{} at a weight of {} instead of {}", name, was.weight, is.weight);
    const auto says_text = [](const auto& one) { return is_known(one) || !one.expected_text.empty(); };
    if (says_text(was) && says_text(is) && was.expected_text != is.expected_text)
        return fmt::format("it expected {}text in the answers{}",
                           was.expected_text.empty()  ? "no "
                           : is.expected_text.empty() ? ""
                                                      : "another ",
                           name);
    if (!was.uncached_by.empty() && !is.uncached_by.empty() &&
        without_hosts(was.uncached_by) != without_hosts(is.uncached_by))
        return fmt::format("its uncached arm{} was made by {} instead of {}", name,
                           output::harmless(was.uncached_by), output::harmless(is.uncached_by));
    return {};
}

std::string other_place(const bench::EndpointPlan& was, const bench::EndpointPlan& is) {
    // Older runs have them percent-encoded.
    const std::string was_called = output::readable_url(was.name), is_called = output::readable_url(is.name);
    const Place before = place_of(was_called), now = place_of(is_called);
    if (before.path != now.path)
        return fmt::format("it asked for {} instead of {}", output::printable(before.path),
                           output::printable(now.path));
    if (before.user != now.user)
        return fmt::format("it asked for {} as {} instead of {}", output::printable(now.path),
                           before.user.empty() ? "nobody" : output::printable(before.user),
                           now.user.empty() ? "nobody" : output::printable(now.user));
    return {};
}

/// The mean size of the whole answers, headers included; 0 where there are none.
double mean_size(const bench::Tally& tally) {
    std::uint64_t answers = 0;
    for (const auto& [status, count] : tally.statuses)
        answers += count;
    return answers == 0 ? 0 : static_cast<double>(tally.bytes) / static_cast<double>(answers);
}

/// The first of the endpoints' that differs: scheme, host, and whether connections are kept.
std::vector<std::string> other_servers(const bench::Plan& before, const bench::Plan& now) {
    std::vector<std::string> conditions;
    const std::size_t both = std::min(before.endpoints.size(), now.endpoints.size());
    const auto add = [&](std::string_view name, auto read) {
        for (std::size_t i = 0; i < both; ++i) {
            const std::string_view was = read(before.endpoints[i]), is = read(now.endpoints[i]);
            if (was.empty() || is.empty() || was == is) continue;
            conditions.push_back(changed(name, output::printable(was), output::printable(is)));
            return;
        }
    };
    using Endpoint = const bench::EndpointPlan&;
    add("scheme", [](Endpoint one) { return place_of(one.name).scheme; });
    add("host", [](Endpoint one) { return place_of(one.name).host; });
    add("kept connections", [](Endpoint one) {
        return std::string_view(!one.keep_alive ? "" : *one.keep_alive ? "yes" : "no");
    });
    return conditions;
}

} // namespace

std::string other_question(const SavedRun& before, const bench::Plan& now, const std::string& uncached_by) {
    const bench::Plan& old = before.result.plan;
    if (old.arms() != now.arms()) return "it measured other arms";
    if (old.endpoints.size() != now.endpoints.size())
        return fmt::format("its endpoints were {} instead of {}", old.endpoints.size(), now.endpoints.size());
    for (std::size_t i = 0; i < now.endpoints.size(); ++i)
        if (std::string why = other_place(old.endpoints[i], now.endpoints[i]); !why.empty()) return why;
    for (std::size_t i = 0; i < now.endpoints.size(); ++i) {
        const std::string name =
            now.endpoints.size() == 1 ? "" : " for " + output::printable(now.endpoints[i].name);
        if (std::string why = other_request(old.endpoints[i], now.endpoints[i], name); !why.empty())
            return why;
    }
    if (is_known(old.endpoints.front()) && is_known(now.endpoints.front()) && old.expected != now.expected)
        return fmt::format("it expected the statuses {} instead of {}", old.expected.text(),
                           now.expected.text());
    if (old.demo_rows && now.demo_rows && old.demo_rows != now.demo_rows)
        return fmt::format("its reference service had {} rows instead of {}", *old.demo_rows, *now.demo_rows);
    if (!before.uncached_by.empty() && !uncached_by.empty() &&
        without_hosts(before.uncached_by) != without_hosts(uncached_by))
        return fmt::format("its uncached arm was made by {}", output::harmless(before.uncached_by));
    return {};
}

std::vector<std::string> other_conditions(const SavedRun& before, const bench::Result& now,
                                          const Environment& environment) {
    std::vector<std::string> conditions;
    const nlohmann::ordered_json old_plan = plan_json(before.result.plan), new_plan = plan_json(now.plan);
    const auto text = [](const nlohmann::ordered_json& value) {
        return value.is_null() ? "" : output::json_text(value);
    };
    for (const char* name : {"load", "concurrency", "rate", "closed_beside", "threads", "protocol", "streams",
                             "spin", "connect_to"}) {
        const std::string was = text(old_plan.at(name)), is = text(new_plan.at(name));
        if (was != is) conditions.push_back(changed(name, was, is));
    }
    for (std::string& condition : other_servers(before.result.plan, now.plan))
        conditions.push_back(std::move(condition));
    if (std::string size = other_size(before.result, now); !size.empty())
        conditions.push_back(std::move(size));
    for (const char* name : {"cpu", "cores", "memory", "roacache"}) {
        const std::string was = fact_of(before.environment, name), is = fact_of(environment, name);
        if (!was.empty() && was != is) conditions.push_back(changed(name, was, is));
    }
    return conditions;
}

std::string other_size(const bench::Result& before, const bench::Result& now) {
    constexpr double k_like = 1.25; // times as large: what answers tell of the moment varies by less
    for (std::size_t i = 0; i < std::min(before.endpoints.size(), now.endpoints.size()); ++i)
        for (const auto& [arm, tally] : now.endpoints[i].arms) {
            const auto old = before.endpoints[i].arms.find(arm);
            if (old == before.endpoints[i].arms.end()) continue;
            const double was = mean_size(old->second), is = mean_size(tally);
            if (was <= 0 || is <= 0 || std::max(was, is) <= k_like * std::min(was, is)) continue;
            const auto text = [](double size) { return core::format_size(static_cast<std::uint64_t>(size)); };
            return changed(fmt::format("mean size of {}'s {} answers",
                                       output::printable(now.endpoints[i].shown_name()), name_of(arm)),
                           text(was), text(is));
        }
    return {};
}

} // namespace roacache::report
