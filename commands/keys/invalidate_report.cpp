#include "commands/keys/invalidate_report.hpp"

#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <ostream>

namespace roacache::commands {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t k_rows_on_a_terminal = 40;
constexpr core::Nanoseconds k_held_up_worth_telling = std::chrono::seconds(1);

ordered_json number(const std::optional<std::uint64_t>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json bytes(const std::optional<std::string>& value) {
    return value ? ordered_json(output::json_bytes(*value)) : ordered_json(nullptr);
}

ordered_json to_json(const store::KeyGroup& group, const InvalidateReport& report) {
    ordered_json json{{"tenant", bytes(group.tenant)},
                      {"resource", bytes(group.resource)},
                      {"matched", group.matched},
                      {"removed", group.removed}};
    if (report.soft) json["shortened"] = group.shortened;
    if (group.others) json["others"] = true;
    return json;
}

ordered_json groups_json(const InvalidateReport& report) {
    if (!report.figures.counts || !report.targets.empty()) return nullptr;
    ordered_json list = ordered_json::array();
    for (const store::KeyGroup& group : report.groups)
        list.push_back(to_json(group, report));
    return list;
}

/// Each of several events by itself.
ordered_json events_json(const InvalidateReport& report) {
    if (!report.figures.counts || !report.counted || !report.targets.empty()) return nullptr;
    ordered_json list = ordered_json::array();
    for (const EventGroups& event : report.events) {
        std::uint64_t matched = 0, removed = 0, shortened = 0;
        ordered_json groups = ordered_json::array();
        for (const store::KeyGroup& group : event.groups) {
            matched += group.matched;
            removed += group.removed;
            shortened += group.shortened;
            groups.push_back(to_json(group, report));
        }
        ordered_json json{
            {"event", output::json_bytes(event.event)}, {"matched", matched}, {"removed", removed}};
        if (report.soft) json["shortened"] = shortened;
        json["groups"] = std::move(groups);
        list.push_back(std::move(json));
    }
    return list;
}

std::string cell(const std::optional<std::string>& value, const store::KeyGroup& group) {
    if (group.others) return "(others)";
    return value ? output::printable(*value) : "";
}

std::string key_count_text(std::uint64_t count) {
    return core::format_count(count) + (count == 1 ? " key" : " keys");
}

std::string headline(const InvalidateReport& report) {
    const store::RemovalFigures& figures = report.figures;
    const std::string found = key_count_text(figures.matched);
    if (report.outcome == "switched_off") return "nothing done: the cache is switched off";
    if (!report.counted) return "nothing done";
    if (!figures.counts && report.dry_run)
        return "would remove what is meant; how much that is it does not tell";
    if (!figures.counts)
        return figures.calls == 0 ? "nothing done" : "removed; the service does not tell how many keys";
    if (figures.matched == 0) return figures.expired == 0 ? "no key matches" : "no key matches that lives";
    if (report.dry_run) return fmt::format("would {} {}", report.soft ? "shorten" : "remove", found);
    if (!figures.acted) return fmt::format("nothing done: {} found", found);
    if (report.soft)
        return fmt::format("shortened {} of {} to within {}", core::format_count(figures.shortened), found,
                           core::format_duration(*report.soft));
    return fmt::format("removed {} of {}", core::format_count(figures.removed), found);
}

/// Gone with the others, or to go with them.
std::uint64_t expired_of(const InvalidateReport& report) {
    return report.figures.acted || report.dry_run ? report.figures.expired : 0;
}

/// What else there is to be said, a sentence each.
std::vector<std::string> remarks(const InvalidateReport& report) {
    std::vector<std::string> lines;
    const store::RemovalFigures& figures = report.figures;
    if (report.outcome == "interrupted")
        lines.emplace_back("interrupted before the end; run it again to go on");
    if (report.counted && report.already_gone() > 0)
        lines.push_back(fmt::format("{}: {}", report.soft ? "had no longer to live, or gone" : "already gone",
                                    key_count_text(report.already_gone())));
    if (expired_of(report) > 0)
        lines.push_back(fmt::format("expired, {}: {} that still took up room",
                                    report.dry_run ? "would go too" : "gone too",
                                    key_count_text(figures.expired)));
    if (figures.used_up)
        lines.push_back(
            fmt::format("stopped: {} sent, and more match than were counted", key_count_text(figures.sent)));
    if (figures.absent > 0)
        lines.push_back(fmt::format("not there: {} of those named", key_count_text(figures.absent)));
    if (figures.refused > 0)
        lines.push_back(fmt::format("refused: {} that this user may not {}", key_count_text(figures.refused),
                                    report.soft ? "shorten" : "remove"));
    if (figures.unconfirmed > 0)
        lines.push_back(fmt::format("of {} sent to the server it is not known whether they are gone",
                                    key_count_text(figures.unconfirmed)));
    if (figures.held_up > k_held_up_worth_telling)
        lines.push_back(fmt::format("waited {} for replicas, and for memory to be freed",
                                    core::format_duration(figures.held_up)));
    if (figures.remaining)
        lines.push_back(fmt::format("verified: {} stayed, {} filled again during the run",
                                    core::format_count(*figures.remaining),
                                    core::format_count(figures.refilled.value_or(0))));
    return lines;
}

bool is_clean(const InvalidateReport& report) {
    return report.outcome == "done" || report.outcome == "dry_run" || report.outcome == "nothing_found";
}

/// A line for each store, the deepest first.
std::string targets_table(const InvalidateReport& report, bool colour) {
    std::string text =
        fmt::format("{}: {} in {}\n", output::style(report.selection, output::Style::bold, colour),
                    output::style(report.outcome,
                                  is_clean(report) ? output::Style::green : output::Style::yellow, colour),
                    core::format_duration(report.elapsed));
    for (const InvalidateReport& target : report.targets) {
        const bool failed = !target.error.is_null();
        std::string what = failed ? target.outcome : headline(target);
        if (failed && !target.figures.changed_nothing()) what += ": " + headline(target);
        text += fmt::format("{}: {}\n", output::printable(target.store), what);
        for (const std::string& line : remarks(target))
            text += "  " + line + "\n";
    }
    return text;
}

std::string to_table(const InvalidateReport& report, bool colour) {
    if (!report.targets.empty()) return targets_table(report, colour);
    const bool clean = is_clean(report);
    std::string text = fmt::format(
        "{}: {} in {}\n", output::style(report.selection, output::Style::bold, colour),
        output::style(headline(report), clean ? output::Style::green : output::Style::yellow, colour),
        core::format_duration(report.elapsed));
    for (const std::string& line : remarks(report))
        text += line + "\n";
    if (report.groups.empty()) return text;
    output::Table table({{"tenant"},
                         {"resource"},
                         {"matched", output::Align::right},
                         {report.soft ? "shortened" : "removed", output::Align::right}});
    const std::size_t rows = std::min(report.groups.size(), k_rows_on_a_terminal);
    for (std::size_t i = 0; i < rows; ++i) {
        const store::KeyGroup& group = report.groups[i];
        const std::uint64_t changed = report.soft ? group.shortened : group.removed;
        table.add({cell(group.tenant, group), cell(group.resource, group), core::format_count(group.matched),
                   report.dry_run ? "-" : core::format_count(changed)});
    }
    text += table.text();
    if (rows < report.groups.size())
        text += fmt::format("and {} more groups; -o csv has them all\n",
                            core::format_count(report.groups.size() - rows));
    return text;
}

std::string to_lines(const InvalidateReport& report) {
    std::string text;
    const ordered_json figures = invalidate_figures(report);
    for (const auto& [name, value] : figures.items()) {
        std::string shown = output::json_text(value);
        if (value.is_null()) shown = "n/a";
        if (value.is_string()) shown = output::printable(value.get<std::string>());
        text += name + "\t" + shown + "\n";
    }
    for (const InvalidateReport& target : report.targets) {
        const ordered_json own = invalidate_figures(target);
        const auto shown = [&](const char* name) {
            return own[name].is_null() ? std::string("n/a") : output::json_text(own[name]);
        };
        text += fmt::format("target\t{}\t{}\t{}\t{}\n", output::printable(target.store), target.outcome,
                            shown("matched"), shown("removed"));
    }
    return text;
}

std::string to_csv(const InvalidateReport& report) {
    std::string text =
        report.soft ? "tenant,resource,matched,removed,shortened\n" : "tenant,resource,matched,removed\n";
    for (const store::KeyGroup& group : report.groups) {
        text += fmt::format("{},{},{},{}", output::csv_field(cell(group.tenant, group)),
                            output::csv_field(cell(group.resource, group)), group.matched, group.removed);
        text += report.soft ? fmt::format(",{}\n", group.shortened) : "\n";
    }
    return text;
}

ordered_json document(const InvalidateReport& report, const ordered_json& head) {
    ordered_json json = head;
    json.update(invalidate_figures(report));
    if (!report.targets.empty()) json["targets"] = targets_json(report);
    if (!report.events.empty()) json["events"] = events_json(report);
    if (!report.notification.is_null()) json["notification"] = report.notification;
    if (report.contact) json.update(report.contact->json());
    json["memory_tier_stale_ms"] = report.memory_tier_stale
                                       ? ordered_json(report.memory_tier_stale->count() * 1000)
                                       : ordered_json(nullptr);
    json["resume_file"] = report.resume_file.empty() ? ordered_json(nullptr)
                                                     : ordered_json(output::json_bytes(report.resume_file));
    if (!report.file_members.is_null()) json.update(report.file_members);
    if (!report.error.is_null()) json["error"] = report.error;
    return json;
}

} // namespace

std::uint64_t InvalidateReport::already_gone() const {
    if (!figures.acted) return 0;
    const std::uint64_t answered =
        figures.removed + figures.shortened + figures.unconfirmed + figures.refused;
    return figures.matched > answered ? figures.matched - answered : 0;
}

ordered_json invalidate_figures(const InvalidateReport& report) {
    const store::RemovalFigures& figures = report.figures;
    ordered_json json{
        {"dry_run", report.dry_run},
        {"outcome", report.outcome},
        {"matched", report.counted ? ordered_json(figures.matched) : ordered_json(nullptr)},
        {"removed", figures.removed},
        {"already_gone", report.soft ? ordered_json(nullptr) : ordered_json(report.already_gone())},
        {"remaining", number(figures.remaining)},
        {"refilled", number(figures.refilled)},
        {"uncertain", figures.unconfirmed},
        {"sent", figures.sent},
        {"unconfirmed", figures.unconfirmed},
        {"refused", figures.refused},
        {"expired", expired_of(report)},
        {"absent", figures.absent}};
    if (report.soft) {
        json["soft_ms"] = report.soft->count();
        json["shortened"] = figures.shortened;
        json["unchanged"] = report.already_gone();
    }
    if (report.settled)
        json["settled"] = figures.counts ? ordered_json(*report.settled) : ordered_json(nullptr);
    if (figures.calls > 0) json["calls"] = figures.calls;
    if (!figures.counts)
        for (const char* name :
             {"matched", "removed", "already_gone", "uncertain", "sent", "unconfirmed", "refused", "expired"})
            json[name] = nullptr;
    json["held_up_ms"] = core::to_ms(static_cast<double>(figures.held_up.count()));
    json["elapsed_ms"] = core::to_ms(static_cast<double>(report.elapsed.count()));
    return json;
}

ordered_json targets_json(const InvalidateReport& report) {
    ordered_json list = ordered_json::array();
    for (const InvalidateReport& target : report.targets) {
        ordered_json figures = invalidate_figures(target);
        ordered_json json{{"store", output::json_bytes(target.store)},
                          {"outcome", target.outcome},
                          {"matched", figures["matched"]},
                          {"removed", figures["removed"]},
                          {"error", target.error}};
        for (const char* name : {"dry_run", "outcome", "matched", "removed", "elapsed_ms"})
            figures.erase(name);
        json.update(figures);
        json["groups"] = groups_json(target);
        if (!target.events.empty()) json["events"] = events_json(target);
        list.push_back(std::move(json));
    }
    return list;
}

void print_invalidate(const InvalidateReport& report, const ordered_json& head, Format format,
                      output::Streams& streams) {
    switch (format) {
    case Format::json: {
        ordered_json json = document(report, head);
        const ordered_json elapsed = json["elapsed_ms"];
        json.erase("elapsed_ms");
        json["groups"] = groups_json(report);
        json["elapsed_ms"] = elapsed;
        streams.out << output::json_text(json, 2) << "\n";
        break;
    }
    case Format::ndjson:
        for (const store::KeyGroup& group : report.groups)
            streams.out << output::json_text(to_json(group, report)) << "\n";
        streams.out << output::json_text(document(report, head)) << "\n";
        break;
    case Format::csv:
        streams.out << to_csv(report);
        break;
    case Format::plain:
        streams.out << to_lines(report);
        break;
    default:
        streams.out << to_table(report, streams.out_colour);
    }
}

} // namespace roacache::commands
