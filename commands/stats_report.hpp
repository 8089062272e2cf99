#pragma once

#include "commands/command.hpp"
#include "commands/keys/first_contact.hpp"
#include "src/store/groups.hpp"
#include "src/store/store.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace roacache::commands {

/// What `stats` found.
struct StatsReport {
    std::string target; ///< how messages name the store
    store::Info info;
    store::Statistics server;
    std::string profile;
    std::optional<store::Groups> groups; ///< absent: not walked
    /// The walk's own lookups, which the server counts among its hits and misses from now on. Figures of the
    /// server above were taken before.
    std::uint64_t own_hits = 0, own_misses = 0;
    bool by_prefix = false; ///< the groups are the beginnings of keys, as their resource
    /// Of the keys that were selected and, where none were, those that the profile recognises.
    store::GroupFigures total;
    /// Entries that have expired and still take up room; absent where the store has no such.
    std::optional<store::GroupFigures> expired;
    /// All the other keys by their beginnings, as their resource; absent where keys were selected.
    std::optional<store::Groups> others;
    std::optional<FirstContact> contact;
    bool complete = true; ///< false: the walk was interrupted
    bool resized = false; ///< keys may have been counted twice

    /// Hits among all lookups since the server counts, 0..1; absent when there were none or it is not known.
    std::optional<double> hit_rate() const;
};

/// The report in any format that `stats` has; ndjson is one line. `most_rows` limits a table's groups.
/// `head` is of the document in JSON.
std::string stats_text(const StatsReport& report, const nlohmann::ordered_json& head, Format format,
                       bool colour, std::size_t most_rows);

/// Says on stderr what has to be known to read the figures rightly.
void note_stats(const StatsReport& report, const Context& context);

/// The report's document, added to its head.
nlohmann::ordered_json stats_json(const StatsReport& report, nlohmann::ordered_json head);

/// `roacache_up`: whether the server answered.
std::string up_metric(bool up);

/// The report in Prometheus' text exposition format 0.0.4; what is not known has no sample.
std::string stats_metrics(const StatsReport& report);

} // namespace roacache::commands
