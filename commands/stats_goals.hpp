#pragma once

#include "commands/stats_report.hpp"
#include "src/config/profile.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

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

/// Notes what was asserted and is not printed, or was asked for and is not there.
void note_goals(const StatsReport& report, Format format, const Context& context);

/// Says on stderr which asserts do not hold and which cannot be decided, of which store where `store` names
/// one of several. Negative when one does not hold, else inconclusive when one cannot be decided, else done.
core::ExitCode judge_asserts(const StatsReport& report, const Context& context,
                             const std::string& store = {});

/// How asserts have come out over several looks.
class AssertTally {
  public:
    /// One look's answers; the asserts are the same each time.
    void add(const std::vector<GoalAnswer>& answers);
    /// A look at which the store did not answer, and why.
    void add_unanswered(const std::vector<config::Goal>& asserts, const std::string& why);

    /// As judge_asserts(), of all the looks: an assert has to hold at each of them.
    core::ExitCode judge(const Context& context) const;

  private:
    struct Outcome {
        std::uint64_t failed = 0, unknown = 0;
        GoalAnswer first_failed, first_unknown; ///< where there was one
    };

    std::vector<Outcome> outcomes_;
    std::uint64_t looks_ = 0;
};

} // namespace roacache::commands
