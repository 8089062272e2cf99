#pragma once

#include "commands/keys/audit_log.hpp"
#include "commands/keys/invalidate_report.hpp"
#include "commands/keys/invalidation.hpp"
#include "commands/keys/notification.hpp"
#include "commands/keys/removal_needs.hpp"
#include "commands/keys/removal_target.hpp"
#include "commands/keys/walking.hpp"
#include "src/output/progress.hpp"
#include "src/store/remover.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

/// One run of invalidate, from what was typed to what is reported, over one store or the tiers of a cache. Of
/// several, none is changed before each has been found to take what is meant; from then on the others are
/// done when one fails.
class InvalidateRun {
  public:
    /// Throws core::Error(usage) for what cannot be meant.
    InvalidateRun(const InvalidateOptions& options, Context& context);

    /// Throws core::Error as the command ends.
    core::ExitCode run();

  private:
    // What is meant, and where (invalidate_run.cpp)
    void settle();
    void find_targets();
    void perform();
    void open(RemovalTarget& target, std::size_t number) const;
    RemovalNeeds needs() const;
    void check_all();
    void attempt(RemovalTarget& target, const std::function<void()>& act);
    bool is_lost() const; ///< no store is left of several
    void note_uncounted() const;

    // The removal
    bool asks() const;
    void note_refused_keys();
    bool agree();
    void count_all();
    bool confirmed(const std::string& what);
    void remove_all();
    void remove_again(std::size_t from_depth);
    void publish();
    std::size_t tiers() const;

    // What came of it (invalidate_outcome.cpp)
    void note_figures();
    void note_first_contact();
    core::ExitCode finish(const core::Error* failure);
    core::ExitCode outcome(const core::Error* failure);
    void print();
    void note_details(const core::Error* failure);
    void note_keys(const RemovalTarget& target, const store::RemovalFigures& figures) const;
    void note_receivers() const;
    void note_reach(const core::Error* failure);
    void note_memory_tier();
    nlohmann::ordered_json log_entry(const char* event) const;
    void note_begun(std::optional<std::uint64_t> counted);
    std::optional<core::Error> keep_log(core::ExitCode code) const;

    // What is left to do (invalidate_resume.cpp)
    std::string keep_what_is_left(core::ExitCode code);
    nlohmann::ordered_json what_is_left(core::ExitCode code) const;
    std::optional<std::uint64_t> keys_left() const;
    std::string resuming_command() const;
    void note_resumed() const;

    const InvalidateOptions& options_;
    Context& context_;
    Format format_;
    Walking walking_;
    output::ProgressLine line_;
    store::RemovalTerms terms_;
    std::optional<std::chrono::milliseconds> settle_;
    std::vector<RemovalTarget> targets_;
    bool several_ = false; ///< each target's outcome is listed
    bool begun_ = false;   ///< keys may be gone from now on
    bool looked_ = false;  ///< keys were looked for
    std::unique_ptr<Notification> notification_;
    std::optional<core::Error> unnotified_; ///< why nobody was told
    std::unique_ptr<AuditLog> log_;
    const std::string run_id_ = random_run_id();
    InvalidateReport report_; ///< of all stores together
};

} // namespace roacache::commands
