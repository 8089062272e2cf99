#pragma once

#include "commands/stats_report.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace roacache::commands {

/// Names and values, in the order in which they are shown.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// What a store tells that knows its service, as far as it does. For people with units, and without what
/// types_table() has; else bare numbers in the units of the JSON, each a fact of its own.
void add_service_facts(const StatsReport& report, bool people, Facts& list);

/// Hits, misses and how long answers take, by type of answers, for people; empty where nothing is known of
/// any. The first `most_rows` alone.
std::string types_table(const store::Statistics& server, bool colour, std::size_t most_rows);

} // namespace roacache::commands
