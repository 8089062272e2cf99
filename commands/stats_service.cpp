#include "commands/stats_service.hpp"

#include "src/core/units.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <map>
#include <optional>

namespace roacache::commands {
namespace {

template <typename Value, typename Format>
std::string shown_or_na(const std::optional<Value>& value, Format format) {
    return value ? std::string(format(*value)) : "n/a";
}

std::string bare_number(double value) {
    return fmt::format("{:.6g}", value);
}

std::string shown_percent(double percent) {
    return fmt::format("{:.1f} %", percent);
}

/// No answer takes no time at all: services cut means to whole milliseconds.
std::string mean_time_text(double ms) {
    return ms == 0 ? "< 1 ms" : core::format_duration(core::Nanoseconds(std::llround(ms * 1e6)));
}

/// Everything of one type as a number of its own.
void add_type_facts(const store::Statistics& server, Facts& list) {
    for (const store::TypeLookups& lookups : server.lookups) {
        const std::string name = "lookups_" + output::printable(lookups.type);
        list.emplace_back(name + "_hits", std::to_string(lookups.hits));
        list.emplace_back(name + "_misses", std::to_string(lookups.misses));
        list.emplace_back(name + "_hit_rate", shown_or_na(lookups.hit_rate(), bare_number));
    }
    for (const store::ResponseTimes& times : server.response_times) {
        const std::string name = "response_time_" + output::printable(times.type);
        list.emplace_back(name + "_cached_ms", shown_or_na(times.cached_ms, bare_number));
        list.emplace_back(name + "_origin_ms", shown_or_na(times.origin_ms, bare_number));
        list.emplace_back(name + "_improvement_percent",
                          shown_or_na(times.improvement_percent(), bare_number));
    }
}

void add_tier_facts(const store::Statistics& server, bool people, Facts& list) {
    const auto count = [](std::uint64_t value) { return std::to_string(value); };
    for (const store::TierFigures& tier : server.tiers) {
        const std::string name = "tier_" + tier.name;
        if (people) {
            list.emplace_back(name, fmt::format("{} entries, {} hits, {} misses",
                                                shown_or_na(tier.entries, core::format_count),
                                                shown_or_na(tier.hits, core::format_count),
                                                shown_or_na(tier.misses, core::format_count)));
            continue;
        }
        list.emplace_back(name + "_entries", shown_or_na(tier.entries, count));
        list.emplace_back(name + "_hits", shown_or_na(tier.hits, count));
        list.emplace_back(name + "_misses", shown_or_na(tier.misses, count));
    }
}

/// What is known of one type of answers.
struct KnownOfType {
    const store::TypeLookups* lookups = nullptr;
    const store::ResponseTimes* times = nullptr;
};

std::vector<std::string> type_cells(const KnownOfType& known, bool lookups, bool times) {
    std::vector<std::string> cells;
    if (lookups && known.lookups == nullptr) cells = {"n/a", "n/a", "n/a"};
    if (lookups && known.lookups != nullptr)
        cells = {
            core::format_count(known.lookups->hits), core::format_count(known.lookups->misses),
            shown_or_na(known.lookups->hit_rate(), [](double rate) { return shown_percent(100 * rate); })};
    if (!times) return cells;
    const store::ResponseTimes none{};
    const store::ResponseTimes& of = known.times != nullptr ? *known.times : none;
    for (std::string& cell : std::vector<std::string>{shown_or_na(of.cached_ms, mean_time_text),
                                                      shown_or_na(of.origin_ms, mean_time_text),
                                                      shown_or_na(of.improvement_percent(), shown_percent)})
        cells.push_back(std::move(cell));
    return cells;
}

} // namespace

void add_service_facts(const StatsReport& report, bool people, Facts& list) {
    const store::Statistics& server = report.server;
    const auto count = [&](std::uint64_t value) {
        return people ? core::format_count(value) : std::to_string(value);
    };
    const auto add = [&](const char* name, const auto& value, const auto& format) {
        if (value) list.emplace_back(name, format(*value));
    };
    const auto on_or_off = [](bool on) { return on ? "on" : "off"; };
    if (const auto& saved = server.queries_saved) {
        add("queries_saved_day", saved->day, count);
        add("queries_saved_week", saved->week, count);
        add("queries_saved_total", saved->total, count);
    }
    if (!people) add_type_facts(server, list);
    add_tier_facts(server, people, list);
    if (const auto& switches = server.switches) {
        add("switch_global", switches->global, on_or_off);
        add("switch_user", switches->user, on_or_off);
        add("switch_auto_invalidate", switches->auto_invalidate, on_or_off);
    }
    add("auto_invalidate_running", report.info.auto_invalidate_running,
        [](bool running) { return running ? "true" : "false"; });
    add("backend", server.backend, [](const core::Untrusted& value) { return output::printable(value); });
}

std::string types_table(const store::Statistics& server, bool colour, std::size_t most_rows) {
    using output::Align;
    std::map<std::string, KnownOfType> types;
    for (const store::TypeLookups& lookups : server.lookups)
        types[lookups.type.bytes()].lookups = &lookups;
    for (const store::ResponseTimes& times : server.response_times)
        types[times.type.bytes()].times = &times;
    if (types.empty()) return {};
    const bool has_lookups = !server.lookups.empty(), has_times = !server.response_times.empty();
    std::vector<output::Table::Column> columns;
    const auto add = [&](const char* title, Align align) {
        columns.push_back({output::style(title, output::Style::bold, colour), align});
    };
    add("type", Align::left);
    if (has_lookups)
        for (const char* title : {"hits", "misses", "hit rate"})
            add(title, Align::right);
    if (has_times)
        for (const char* title : {"cached, 24 h", "origin, 24 h", "time saved"})
            add(title, Align::right);
    output::Table table(columns);
    std::size_t rows = 0;
    for (const auto& [type, known] : types) {
        if (rows++ == most_rows) break;
        std::vector<std::string> row{output::printable(type)};
        for (std::string& cell : type_cells(known, has_lookups, has_times))
            row.push_back(std::move(cell));
        table.add(std::move(row));
    }
    std::string text = table.text();
    if (types.size() > most_rows) text += fmt::format("… and {} more\n", types.size() - most_rows);
    return text;
}

} // namespace roacache::commands
