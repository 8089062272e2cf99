#pragma once

#include "src/report/report.hpp"

#include <string>
#include <vector>

namespace roacache::report {

/// What the alternating closed loop says, next to the open one; all empty where there was one loop, or one of
/// them was not reached.
bool has_both_loops(const bench::Result& result);

/// A line of the table that sets the loops side by side.
struct LoopRow {
    std::string label;
    std::vector<std::string> values; ///< of each arm: in the open loop, in the closed one
};
std::vector<LoopRow> loop_rows(const Document& document);
std::vector<std::string> loop_columns(const Document& document); ///< `cached, open`, `cached, closed`, …

/// What the closed loop hides, a sentence for each arm, and what that makes of the improvement.
std::vector<std::string> loop_lines(const Document& document);

/// All of it for the report.
std::string loops_section(const Document& document);

} // namespace roacache::report
