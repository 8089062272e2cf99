#pragma once

#include "commands/stats_report.hpp"
#include "src/config/profile.hpp"

#include <set>

namespace roacache::commands {

/// What a look at the store is held against.
struct WantedFigures {
    std::vector<config::Goal> goals, asserts; ///< of the profile, and of the command line
    std::string why_no_walk;                  ///< where no walk is made

    std::set<std::string> resources() const; ///< that are named
};

/// Throws core::Error(usage) for an assert that is none, or that cannot be answered with `no_scan`.
WantedFigures wanted_figures(const std::vector<std::string>& asserts, bool no_scan,
                             const config::Profile& profile);

/// The figure that the goal is about, as far as the report has it.
GoalAnswer answer_goal(const config::Goal& goal, const StatsReport& report);

/// Adds the answers to the report.
void hold_against(const WantedFigures& wanted, StatsReport& report);

/// Says on stderr which asserts do not hold and which cannot be decided. Negative when one does not hold,
/// else inconclusive when one cannot be decided, else done.
core::ExitCode judge_asserts(const StatsReport& report, const Context& context);

} // namespace roacache::commands
