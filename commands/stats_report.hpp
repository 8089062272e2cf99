#pragma once

#include "commands/command.hpp"
#include "commands/keys/first_contact.hpp"
#include "src/store/groups.hpp"
#include "src/store/store.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

/// A goal, and what is known of it.
struct GoalAnswer {
    config::Goal goal;
    std::optional<double> value; ///< in the unit of the threshold
    std::string basis;           ///< of what the value is, and how it was measured; why there is none
    /// What it may be at least and at most, where that is another thing than the value.
    std::optional<double> low = {}, high = {};

    /// Absent where there is no value, or where it depends on what it is between these two.
    std::optional<bool> met() const;
};

/// What `stats` found.
struct StatsReport {
    std::string target; ///< how messages name the store
    store::Info info;
    store::Statistics server;
    std::string profile;
    std::optional<store::Groups> groups; ///< absent: not walked
    /// The walk's own lookups, which the server counts among its hits and misses from now on. Figures of the
    /// server above were taken before. 0 where the store does not count them.
    std::uint64_t own_hits = 0, own_misses = 0;
    bool by_prefix = false; ///< the groups are the beginnings of keys, as their resource
    /// Of the keys that were selected and, where none were, those that the profile recognises.
    store::GroupFigures total;
    /// The same of single resources, those that goals and asserts name.
    std::map<std::string, store::GroupFigures, std::less<>> resources;
    bool selected = false;                  ///< keys were selected
    std::string why_no_walk;                ///< where there are no groups
    std::string why_no_size;                ///< where the size of an entry is not known
    std::vector<GoalAnswer> goals, asserts; ///< of the profile, and of the command line
    bool goals_alone = false;               ///< tables, lines and csv have nothing else
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

/// The figure with its unit; `n/a`.
std::string figure_text(const GoalAnswer& answer);
/// The goals and asserts for people, a heading and lines; empty when there are none.
std::string goals_table(const StatsReport& report, bool colour);
/// The same for a pipe: `goal` or `assert`, the resource, what has to hold, the figure, `met`, `missed` or
/// `n/a`, and what the figure is of.
std::string goals_plain(const StatsReport& report);
/// The same as csv, with the names of the JSON.
std::string goals_csv(const StatsReport& report);
/// `goals`, `asserts` and `verdict`: `pass`, `fail` or `inconclusive`, null where nothing was asserted.
nlohmann::ordered_json goals_json(const StatsReport& report);

/// `roacache_up`: whether the server answered.
std::string up_metric(bool up);

/// The report in Prometheus' text exposition format 0.0.4; what is not known has no sample.
std::string stats_metrics(const StatsReport& report);

} // namespace roacache::commands
