#include "commands/doctor/report.hpp"

#include "commands/document.hpp"
#include "src/core/units.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace roacache::commands {
namespace {

using analysis::Evidence;
using analysis::EvidenceList;
using analysis::Finding;
using analysis::Level;
using nlohmann::ordered_json;

std::string duration_text(double milliseconds) {
    return core::format_duration(core::Nanoseconds(std::llround(milliseconds * 1e6)));
}

/// A figure with the unit that its name ends in.
std::string figure_text(std::string_view name, double value) {
    if (name.ends_with("_bytes")) return core::format_size(static_cast<std::uint64_t>(value));
    if (name.ends_with("_ms")) return duration_text(value);
    if (name.ends_with("_s")) return duration_text(value * 1'000);
    if (name.ends_with("_share") || name == "hit_rate") return fmt::format("{:.3g} %", 100 * value);
    return fmt::format("{:.4g}", value);
}

struct EvidenceText {
    std::string_view name;

    std::string operator()(bool value) const { return value ? "yes" : "no"; }
    std::string operator()(std::uint64_t value) const {
        const bool has_unit = name.ends_with("_bytes") || name.ends_with("_ms") || name.ends_with("_s");
        return has_unit ? figure_text(name, static_cast<double>(value)) : core::format_count(value);
    }
    std::string operator()(double value) const { return figure_text(name, value); }
    std::string operator()(const core::Untrusted& value) const { return output::printable(value); }
};

std::string name_without_unit(std::string_view name) {
    for (const std::string_view unit : {"_bytes", "_ms", "_s"})
        if (name.ends_with(unit)) name.remove_suffix(unit.size());
    std::string text(name);
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

/// `maxmemory 0 B, used memory 1.20 MiB`
std::string evidence_text(const EvidenceList& evidence) {
    std::string text;
    for (const auto& [name, value] : evidence)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name_without_unit(name),
                            std::visit(EvidenceText{name}, value));
    return text;
}

/// `cache-1:6379, cache-2:6379`, or nothing.
std::string servers_text(const std::vector<std::string>& servers) {
    return servers.empty() ? std::string() : fmt::format(" ({})", fmt::join(servers, ", "));
}

ordered_json evidence_json(const EvidenceList& evidence) {
    ordered_json json = ordered_json::object();
    for (const auto& [name, value] : evidence)
        json[name] = std::visit(
            [](const auto& one) -> ordered_json {
                if constexpr (std::is_same_v<std::decay_t<decltype(one)>, core::Untrusted>)
                    return output::json_bytes(one);
                else
                    return one;
            },
            value);
    return json;
}

ordered_json missing_json(const AclReport& acl) {
    ordered_json list = ordered_json::array();
    for (const analysis::Missing& one : acl.missing)
        list.push_back(
            {{"command", one.command},
             {"needs", one.server_command.empty() ? ordered_json(nullptr) : ordered_json(one.server_command)},
             {"fails", one.without.empty()},
             {"not_available", one.without.empty() ? ordered_json(nullptr) : ordered_json(one.without)},
             {"why", output::json_bytes(one.why)}});
    return list;
}

ordered_json keys_json(const analysis::KeySample& keys) {
    return {{"looked_at", keys.looked_at},
            {"in_database", keys.in_database},
            {"recognised", keys.recognised},
            {"no_ttl", json_of(keys.without_ttl)}};
}

output::Style style_of(Level level) {
    return level == Level::error     ? output::Style::red
           : level == Level::warning ? output::Style::yellow
                                     : output::Style::dim;
}

std::string finding_text(const Finding& finding, bool colour) {
    const auto line = [](const char* name, std::string_view text) {
        return fmt::format("         {:<9} {}\n", name, text);
    };
    std::string found;
    for (const std::string& evidence : evidence_lines(finding))
        found += line(found.empty() ? "found" : "", evidence);
    return fmt::format(
               "{} {}  {}\n",
               output::style(fmt::format("{:<8}", name_of(finding.level)), style_of(finding.level), colour),
               output::style(std::string(finding.id), output::Style::bold, colour),
               output::harmless(finding.title)) +
           found + line("wanted", finding.found.threshold) + line("remedy", finding.found.remedy) +
           line("see", finding.source);
}

std::string acl_text(const AclReport& acl) {
    std::string text =
        fmt::format("\nPermissions of {}: ", acl.user ? output::printable(*acl.user) : "this user");
    text += acl.missing.empty() ? "all that roacache's commands need\n" : "\n";
    for (const analysis::Missing& one : acl.missing)
        text += fmt::format("  {}: {} ({})\n", one.command,
                            one.without.empty() ? "fails" : fmt::format("without {}", one.without),
                            output::harmless(one.why));
    if (!acl.minimal || !acl.read_only) return text + fmt::format("  {}\n", acl.why_no_users);
    return text +
           fmt::format("  the smallest rights to read and invalidate:\n    {}\n  to read only:\n    {}\n",
                       output::harmless(*acl.minimal), output::harmless(*acl.read_only));
}

} // namespace

std::vector<std::string> evidence_lines(const Finding& finding) {
    if (finding.places.empty()) return {evidence_text(finding.found.evidence)};
    std::vector<std::string> lines;
    lines.reserve(finding.places.size());
    for (const analysis::Place& place : finding.places)
        lines.push_back(fmt::format("{}: {}", place.server, evidence_text(place.evidence)));
    return lines;
}

bool any_found(const Examination& done, ShownLevel level) {
    return std::any_of(done.diagnosis.findings.begin(), done.diagnosis.findings.end(),
                       [&](const Finding& finding) { return level.shows(finding); });
}

ordered_json doctor_json(const Examination& done, ShownLevel level, ordered_json head) {
    head["outcome"] = any_found(done, level) ? "findings" : "done";
    head["level"] = name_of(level.least);
    head["version"] = done.version.empty() ? ordered_json(nullptr) : ordered_json(done.version);
    ordered_json findings = ordered_json::array(), not_checked = ordered_json::array();
    std::size_t below = 0;
    for (const Finding& finding : done.diagnosis.findings) {
        if (!level.shows(finding)) {
            ++below;
            continue;
        }
        ordered_json& json =
            findings.emplace_back(ordered_json{{"id", finding.id},
                                               {"level", name_of(finding.level)},
                                               {"title", output::json_bytes(finding.title)},
                                               {"evidence", evidence_json(finding.found.evidence)},
                                               {"threshold", finding.found.threshold},
                                               {"remedy", finding.found.remedy},
                                               {"source", finding.source}});
        for (const analysis::Place& place : finding.places)
            json["servers"].push_back(
                {{"server", place.server}, {"evidence", evidence_json(place.evidence)}});
    }
    for (const auto& [id, why, servers] : done.diagnosis.not_checked) {
        ordered_json& json =
            not_checked.emplace_back(ordered_json{{"id", id}, {"why", output::json_bytes(why)}});
        if (!servers.empty()) json["servers"] = servers;
    }
    if (!done.servers.empty()) head["servers"] = done.servers;
    head["findings"] = std::move(findings);
    head["below_level"] = below;
    head["not_checked"] = std::move(not_checked);
    head["keys"] = done.keys ? keys_json(*done.keys) : ordered_json(nullptr);
    head["measured_s"] = done.window ? ordered_json(done.window->seconds) : ordered_json(nullptr);
    head["acl"] = {{"user", json_of_text(done.acl.user)},    {"basis", done.acl.basis},
                   {"missing", missing_json(done.acl)},      {"minimal", json_of_text(done.acl.minimal)},
                   {"minimal_for", done.acl.minimal_for},    {"read_only", json_of_text(done.acl.read_only)},
                   {"read_only_for", done.acl.read_only_for}};
    return head;
}

std::string doctor_table(const Examination& done, ShownLevel level, bool colour) {
    std::string text;
    std::size_t shown = 0;
    for (const Finding& finding : done.diagnosis.findings) {
        if (!level.shows(finding)) continue;
        text += finding_text(finding, colour);
        ++shown;
    }
    const std::size_t below = done.diagnosis.findings.size() - shown;
    std::set<std::string_view> unchecked; // somewhere
    for (const auto& one : done.diagnosis.not_checked)
        unchecked.insert(one.id);
    text += fmt::format("{}: {} found", output::printable(done.target), shown);
    if (below > 0) text += fmt::format(", {} below the level {}", below, name_of(level.least));
    text += fmt::format("; {} rules checked", analysis::all_rules().size() - unchecked.size());
    if (!done.servers.empty()) text += fmt::format(" at {} servers", done.servers.size());
    if (done.keys)
        text += fmt::format(", {} of {} keys looked at", core::format_count(done.keys->looked_at),
                            core::format_count(done.keys->in_database));
    text += "\n";
    if (!unchecked.empty()) text += "\nNot checked:\n";
    for (const auto& [id, why, servers] : done.diagnosis.not_checked)
        text += fmt::format("  {}: {}{}\n", id, output::harmless(why), servers_text(servers));
    return text + acl_text(done.acl);
}

std::string doctor_lines(const Examination& done, ShownLevel level) {
    std::string text;
    for (const Finding& finding : done.diagnosis.findings)
        if (level.shows(finding))
            text += fmt::format("{}\t{}\t{}\t{}\t{}\n", name_of(finding.level), finding.id,
                                output::harmless(finding.title), fmt::join(evidence_lines(finding), "; "),
                                finding.found.remedy);
    return text;
}

} // namespace roacache::commands
