#pragma once

#include "commands/command.hpp"
#include "commands/invalidation.hpp"

#include <nlohmann/json.hpp>

namespace roacache::commands {

/// What one run of invalidate came to.
struct InvalidateReport {
    /// `done`, `dry_run`, `nothing_found`, `incomplete` (keys remain), `partial`, `unreachable`, `refused`,
    /// `failed`, `declined`, `interrupted`, `switched_off`.
    std::string outcome = "done";
    bool dry_run = false;
    bool counted = false; ///< false: the run ended before a key was looked for
    bool verify = false;
    std::optional<std::chrono::milliseconds> soft;
    std::string words; ///< the selection
    std::string store; ///< no secrets
    InvalidationFigures figures;
    std::vector<KeyGroup> groups;
    core::Nanoseconds elapsed{0};

    /// Keys found that were gone, or changed their time to live, before they could be removed.
    std::uint64_t already_gone() const;
};

/// The figures as the fields of roacache.invalidate/1, without schema and groups.
nlohmann::ordered_json invalidate_figures(const InvalidateReport& report);

void print_invalidate(const InvalidateReport& report, Format format, output::Streams& streams);

} // namespace roacache::commands
