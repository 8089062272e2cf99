#pragma once

#include "commands/command.hpp"
#include "commands/keys/first_contact.hpp"
#include "src/store/remover.hpp"

#include <nlohmann/json.hpp>
#include <vector>

namespace roacache::commands {

/// Keys that one of several events made stale. A key that several make stale is the first one's.
struct EventGroups {
    std::string event; ///< as typed
    std::vector<store::KeyGroup> groups;
};

/// What one run of invalidate came to.
struct InvalidateReport {
    /// As of outcome_of(), and `dry_run`, `incomplete` (keys remain), `declined`, `switched_off`.
    std::string outcome = "done";
    bool dry_run = false;
    bool counted = false; ///< false: the run ended before a key was looked for
    bool verify = false;
    std::optional<std::chrono::milliseconds> soft;
    std::string selection; ///< described
    std::string store;     ///< no secrets
    store::RemovalFigures figures;
    std::optional<std::uint64_t> settled; ///< removed once more, since they had been written back
    std::vector<store::KeyGroup> groups;
    std::vector<EventGroups> events; ///< where several were named
    core::Nanoseconds elapsed{0};
    std::optional<FirstContact> contact; ///< absent: keys were named, or the run ended early
    /// How long the service may go on answering from its memory tier what was removed; absent: no such tier
    /// is known.
    std::optional<std::chrono::seconds> memory_tier_stale;
    nlohmann::ordered_json error;        ///< what ended the run early; null: nothing
    nlohmann::ordered_json notification; ///< of --notify; null: none
    nlohmann::ordered_json file_members; ///< of the file that the run goes by; null: none
    std::string resume_file;             ///< that has what is left; empty: none
    /// Each of several stores; then the figures above are their sums, and there are no groups.
    std::vector<InvalidateReport> targets;

    /// Keys found that were gone, or changed their time to live, before they could be removed.
    std::uint64_t already_gone() const;
};

/// The figures as the fields of roacache.invalidate/1, without schema and groups.
nlohmann::ordered_json invalidate_figures(const InvalidateReport& report);

/// `targets` of roacache.invalidate/1.
nlohmann::ordered_json targets_json(const InvalidateReport& report);

/// `head` is of the document in JSON.
void print_invalidate(const InvalidateReport& report, const nlohmann::ordered_json& head, Format format,
                      output::Streams& streams);

} // namespace roacache::commands
