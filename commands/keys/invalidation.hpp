#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"
#include "commands/keys/run_file.hpp"
#include "commands/keys/selectors.hpp"
#include "commands/keys/walking.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace roacache::commands {

/// What is removed, under which conditions, and what is told of it; as typed.
struct InvalidateOptions {
    SelectorOptions selectors;
    bool dry_run = false, yes = false, verify = false, fail_if_none = false, allow_unreachable = false,
         force = false, vacuum = false;
    bool may_ask = true; ///< the person at the terminal, where there is one, before many keys go
    std::optional<std::uint64_t> max_keys;
    std::string soft, audit_log, reason, instances, settle;
    std::string notify;     ///< a channel; empty: nobody is told
    std::string notify_url; ///< of the Redis server that has it; empty: the store is one
    std::string max_pause = "1ms";
    LoadOptions load;
    std::string resume;             ///< what an earlier run has left: this file; empty: nothing
    std::string resume_file;        ///< where what is left is kept; empty: a place is found
    bool keeps_what_is_left = true; ///< in such a file, where a run ends before its end
    std::shared_ptr<RunFile> file;  ///< that the run goes by; null: none
    std::string everything_remedy;  ///< for selectors that mean everything; empty: that --yes allows it
};

/// The options, besides the selectors, of every command that removes: those that a plan does not settle, and
/// all of them.
void add_planned_removal_options(CLI::App& app, InvalidateOptions& options);
void add_removal_options(CLI::App& app, InvalidateOptions& options);
/// Those of a command that removes once.
void add_single_run_options(CLI::App& app, InvalidateOptions& options);

/// Throws core::Error(usage) for all that invalidate() would refuse before it looks at the store, such as
/// selectors that name nothing or everything, or an audit log that cannot be written. `context` then says
/// which keys are meant.
void check_invalidation(const InvalidateOptions& options, Context& context);

/// Removes what the selectors name, in each of the cache's tiers, and prints what came of it in the format
/// that the settings ask for. Throws core::Error as the exit codes of the contract say.
core::ExitCode invalidate(const InvalidateOptions& options, Context& context);

} // namespace roacache::commands
