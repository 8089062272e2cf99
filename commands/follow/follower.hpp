#pragma once

#include "commands/command.hpp"
#include "commands/follow/report.hpp"
#include "commands/follow/row_selectors.hpp"
#include "commands/follow/state.hpp"
#include "commands/keys/invalidation.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace roacache::commands::follow {

struct Options {
    Source source;
    InvalidateOptions removal; ///< of its selectors the values may have `{N}`
    std::string interval = "5s", settle = "2s";
    std::string state; ///< file; empty: none
    bool once = false;
    bool invalidate_first = false;
};

/// Polls, and invalidates what has moved.
class Follower {
  public:
    /// Throws core::Error(usage) for options that do not go together, and all that invalidate() would refuse
    /// before it has looked at the store.
    Follower(const Options& options, Context& context);

    /// Until it is interrupted, or with `once` until what has moved is done with.
    core::ExitCode run();

  private:
    /// A value whose watermark has moved.
    struct Change {
        RowValue value;
        Watermark before, after;
    };

    void begin();
    void poll();
    void take(const Watermarks& found);
    std::vector<Change> changes_to(const Watermarks& found) const;
    void check_printed(const Answer& answer, const Watermarks& found) const;
    void act_on(const std::vector<Change>& changes);
    void act_together(std::span<const Change> changes);
    void note_done(const Change& change, core::Clock::time_point done);
    void settle(const std::vector<RowValue>& values);
    std::vector<RowValue> due_values() const;
    void settle_due();
    void settle_until(core::Deadline deadline);
    std::optional<core::Clock::time_point> next_settle() const;
    bool try_invalidation(const RowValue& value, nlohmann::ordered_json& document);
    std::vector<nlohmann::ordered_json> try_together(const std::vector<RowValue>& values);
    std::vector<nlohmann::ordered_json> told_apart(const std::string& answer,
                                                   const std::vector<RowValue>& values) const;
    void succeeded(const RowValue& value, nlohmann::ordered_json& document);
    void invalidate_now(SelectorOptions selectors, std::string& answer);
    void print(const Report& report);
    void fail(const std::string& subject, const core::Error& error);
    void succeed(const std::string& subject);
    void save();
    core::ExitCode ended() const;

    const Options& options_;
    Context& context_;
    const Format format_;
    const RowSelectors selectors_;
    bool together_ = false; ///< several values are invalidated in one walk
    const core::Nanoseconds interval_, settle_;
    Source source_;
    config::Settings settings_; ///< for invalidate()
    StateOf state_of_;
    State state_;
    std::unique_ptr<StateFile> file_; ///< null: nothing is kept
    bool unsaved_ = false;
    std::int64_t saved_ns_ = 0;
    std::map<std::string, std::string> warned_; ///< what was last said of a subject that fails
    std::uint64_t done_ = 0;                    ///< invalidations
    /// Keys that went for a value in a walk for several that failed, and that no report has told.
    std::map<RowValue, std::uint64_t> untold_;
    // Since the last poll began:
    std::optional<core::Error> failure_; ///< the first
    bool store_is_away_ = false;
    std::set<RowValue> unsettled_; ///< could not be invalidated once more
};

} // namespace roacache::commands::follow
