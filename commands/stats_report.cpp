#include "commands/stats_report.hpp"

#include "commands/document.hpp"
#include "commands/stats_service.hpp"
#include "src/core/long_duration.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace roacache::commands {
namespace {

using output::Style;

template <typename Value, typename Format>
std::string text_or_na(const std::optional<Value>& value, Format format) {
    return value ? std::string(format(*value)) : "n/a";
}

std::string plain_number(std::uint64_t value) {
    return std::to_string(value);
}

/// The server's figures; for people with units, else bare numbers in the units of the JSON.
Facts facts(const StatsReport& report, bool people) {
    const store::Statistics& server = report.server;
    const auto count = people ? core::format_count : plain_number;
    const auto size = people ? core::format_size : plain_number;
    const auto text = [](const core::Untrusted& value) { return output::printable(value); };
    const auto rate = [&](double value) {
        return people ? fmt::format("{:.1f} %", value * 100) : fmt::format("{}", value);
    };
    const auto limit = [&](std::uint64_t value) { return value == 0 ? "none" : size(value); };
    const auto uptime = [&](std::uint64_t seconds) {
        return people ? core::format_long_duration(std::chrono::seconds(
                            std::min<std::uint64_t>(seconds, std::numeric_limits<std::int64_t>::max())))
                      : plain_number(seconds);
    };
    Facts list{{"kind", text_or_na(report.info.kind, text)},
               {"version", text_or_na(report.info.version, text)},
               {"role", text_or_na(report.info.role, text)},
               {people ? "uptime" : "uptime_s", text_or_na(server.uptime_s, uptime)},
               {"clients", text_or_na(server.clients, count)},
               {"hit_rate", text_or_na(report.hit_rate(), rate)},
               {"hits", text_or_na(server.hits, count)},
               {"misses", text_or_na(server.misses, count)},
               {"metadata_lookups", text_or_na(server.metadata_lookups, count)},
               {"evictions", text_or_na(server.evictions, count)},
               {"expirations", text_or_na(server.expirations, count)},
               {people ? "memory_used" : "memory_used_bytes", text_or_na(server.memory_used, size)},
               {people ? "memory_peak" : "memory_peak_bytes", text_or_na(server.memory_peak, size)},
               {people ? "memory_limit" : "memory_limit_bytes", text_or_na(server.memory_limit, limit)},
               {"memory_policy", text_or_na(server.memory_policy, text)},
               {"memory_fragmentation", text_or_na(server.memory_fragmentation,
                                                   [](double value) { return fmt::format("{}", value); })},
               {"refuses_writes",
                text_or_na(server.refuses_writes, [](bool value) { return value ? "true" : "false"; })},
               {"database_keys", text_or_na(server.keys, count)}};
    if (report.info.role == "replica" || report.info.link)
        list.emplace_back("link", text_or_na(report.info.link, text));
    add_service_facts(report, people, list);
    if (!report.groups) return list;
    const store::GroupFigures& total = report.total;
    list.emplace_back("keys", count(total.keys()));
    list.emplace_back(people ? "memory_of_keys" : "bytes", text_or_na(total.bytes(), size));
    list.emplace_back("no_ttl", text_or_na(total.no_ttl(), count));
    list.emplace_back("exceeding_policy", text_or_na(total.exceeding_policy(), count));
    if (total.ttl_unreadable() > 0) list.emplace_back("ttl_unreadable", count(total.ttl_unreadable()));
    if (report.expired) {
        list.emplace_back("expired_keys", count(report.expired->keys()));
        list.emplace_back(people ? "memory_of_expired_keys" : "expired_bytes",
                          text_or_na(report.expired->bytes(), size));
    }
    if (!report.others) return list;
    list.emplace_back("unrecognised_keys", count(report.others->total().keys()));
    list.emplace_back(people ? "memory_of_unrecognised_keys" : "unrecognised_bytes",
                      text_or_na(report.others->total().bytes(), size));
    return list;
}

/// A group's columns behind its names: keys, bytes, no_ttl, and the least, median and greatest TTL.
std::vector<std::string> group_cells(const store::GroupFigures& figures, bool people) {
    const auto count = people ? core::format_count : plain_number;
    const auto ttl = [&](std::int64_t (store::TtlCounts::*get)() const) -> std::string {
        if (figures.ttls() == nullptr) return figures.no_ttl() && people ? "-" : "n/a";
        const std::int64_t ms = (figures.ttls()->*get)();
        return people ? core::format_long_duration(std::chrono::milliseconds(ms)) : std::to_string(ms);
    };
    return {count(figures.keys()),
            text_or_na(figures.bytes(), people ? core::format_size : plain_number),
            text_or_na(figures.no_ttl(), count),
            ttl(&store::TtlCounts::min_ms),
            ttl(&store::TtlCounts::median_ms),
            ttl(&store::TtlCounts::max_ms),
            text_or_na(figures.exceeding_policy(), count)};
}

/// Every group as tenant, resource and its cells; `none` is for a name that is not known. Keys that the
/// profile does not recognise are a row of their own at the end.
std::vector<std::vector<std::string>> group_rows(const StatsReport& report, bool people,
                                                 const std::string& none) {
    const store::Groups& groups = *report.groups;
    const std::string not_of_profile = fmt::format("(not of {})", output::printable(report.profile));
    std::vector<std::vector<std::string>> rows;
    const auto add = [&](std::string tenant, std::string resource, const store::GroupFigures& figures) {
        std::vector<std::string> row{std::move(tenant), std::move(resource)};
        for (std::string& cell : group_cells(figures, people))
            row.push_back(std::move(cell));
        rows.push_back(std::move(row));
    };
    const auto name = [&](const std::optional<std::string>& text) {
        return text ? output::printable(*text) : none;
    };
    for (const store::Group* group : groups.largest_first()) {
        const bool foreign = groups.by_resource() && !group->resource;
        add(name(group->tenant), foreign ? not_of_profile : name(group->resource), group->figures);
    }
    if (groups.rest() != nullptr) add("(rest)", "(rest)", *groups.rest());
    if (report.others && !report.by_prefix && report.others->total().keys() > 0)
        add(groups.by_resource() ? none : not_of_profile, groups.by_resource() ? not_of_profile : none,
            report.others->total());
    return rows;
}

/// What most of the keys begin with that the profile does not recognise, in a line.
std::string prefixes_line(const store::Groups& others) {
    constexpr std::size_t k_most = 5;
    std::string text;
    const auto list = others.largest_first();
    for (std::size_t i = 0; i < std::min(list.size(), k_most); ++i)
        text += fmt::format("{}'{}' {}", text.empty() ? "" : ", ",
                            output::printable(list[i]->resource.value_or("")),
                            core::format_count(list[i]->figures.keys()));
    if (list.size() > k_most) text += fmt::format(" and {} more", core::format_count(list.size() - k_most));
    return text;
}

std::string group_table(const StatsReport& report, bool colour, std::size_t most_rows) {
    using output::Align;
    const store::Groups& groups = *report.groups;
    std::vector<output::Table::Column> columns;
    const auto add = [&](const char* title, Align align) {
        columns.push_back({output::style(title, Style::bold, colour), align});
    };
    if (groups.by_tenant()) add("tenant", Align::left);
    if (groups.by_resource()) add(report.by_prefix ? "prefix" : "resource", Align::left);
    for (const char* title : {"keys", "memory", "no TTL", "TTL min", "median", "max", "over policy"})
        add(title, Align::right);
    output::Table table(columns);
    const auto rows = group_rows(report, true, "-");
    for (std::size_t i = 0; i < std::min(rows.size(), most_rows); ++i) {
        std::vector<std::string> row = rows[i];
        if (!groups.by_resource()) row.erase(row.begin() + 1);
        if (!groups.by_tenant()) row.erase(row.begin());
        table.add(std::move(row));
    }
    std::string text = rows.empty() ? "" : table.text();
    if (rows.size() > most_rows) text += fmt::format("… and {} more\n", rows.size() - most_rows);
    if (report.others && !report.by_prefix && report.others->total().keys() > 0)
        text += fmt::format("not of {}: {}; --by prefix has them all\n", output::printable(report.profile),
                            prefixes_line(*report.others));
    return text;
}

std::string to_table(const StatsReport& report, bool colour, std::size_t most_rows) {
    if (report.goals_alone) return goals_table(report, colour);
    output::Table table({{""}, {""}});
    for (auto [name, value] : facts(report, true)) {
        std::replace(name.begin(), name.end(), '_', ' ');
        table.add({output::style(name, Style::dim, colour), value});
    }
    std::string text =
        output::style(output::printable(report.target), Style::bold, colour) + "\n" + table.text();
    if (const std::string types = types_table(report.server, colour, most_rows); !types.empty())
        text += "\n" + types;
    if (report.groups) {
        const std::string groups = group_table(report, colour, most_rows);
        if (!groups.empty()) text += "\n" + groups;
    }
    if (const std::string goals = goals_table(report, colour); !goals.empty()) text += "\n" + goals;
    return text;
}

std::string to_plain(const StatsReport& report) {
    if (report.goals_alone) return goals_plain(report);
    std::string text;
    for (const auto& [name, value] : facts(report, false))
        text += name + "\t" + value + "\n";
    text += goals_plain(report);
    if (!report.groups) return text;
    for (const auto& row : group_rows(report, false, "n/a")) {
        text += "group";
        for (const std::string& cell : row)
            text += "\t" + cell;
        text += "\n";
    }
    return text;
}

/// One table: the groups when there are any, else the server's figures.
std::string to_csv(const StatsReport& report) {
    if (report.goals_alone) return goals_csv(report);
    std::string text;
    if (!report.groups) {
        text = "name,value\n";
        for (const auto& [name, value] : facts(report, false))
            text += name + "," + output::csv_field(value == "n/a" ? "" : value) + "\n";
        return text;
    }
    text = fmt::format("tenant,{},keys,bytes,no_ttl,ttl_min_ms,ttl_p50_ms,ttl_max_ms,exceeding_policy\n",
                       report.by_prefix ? "prefix" : "resource");
    for (const auto& row : group_rows(report, false, "")) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += (i > 0 ? "," : "") + output::csv_field(i > 1 && row[i] == "n/a" ? "" : row[i]);
        text += "\n";
    }
    return text;
}

} // namespace

std::optional<double> StatsReport::hit_rate() const {
    if (!server.hits || !server.misses) return std::nullopt;
    const auto hits = static_cast<double>(*server.hits), misses = static_cast<double>(*server.misses);
    return hits + misses > 0 ? std::optional(hits / (hits + misses)) : std::nullopt;
}

std::string stats_text(const StatsReport& report, const nlohmann::ordered_json& head, Format format,
                       bool colour, std::size_t most_rows) {
    switch (format) {
    case Format::json:
        return output::json_text(stats_json(report, head), 2) + "\n";
    case Format::ndjson:
        return output::json_text(stats_json(report, head)) + "\n";
    case Format::csv:
        return to_csv(report);
    case Format::prometheus:
        return stats_metrics(report);
    case Format::plain:
        return to_plain(report);
    default:
        return to_table(report, colour, most_rows);
    }
}

} // namespace roacache::commands
