#include "commands/keys/invalidation.hpp"

#include "commands/instances.hpp"
#include "commands/keys/invalidate_run.hpp"

#include <CLI/CLI.hpp>

namespace roacache::commands {

void add_planned_removal_options(CLI::App& app, InvalidateOptions& options) {
    app.add_flag("-n,--dry-run", options.dry_run, "Count what would go, and change nothing");
    app.add_option("--max-keys", options.max_keys,
                   "Remove nothing when more keys than this match (exit 4), and never more than this")
        ->type_name("N");
    app.add_option("--audit-log", options.audit_log,
                   "Add lines of JSON about this run to the file, before and after it")
        ->type_name("FILE");
    app.add_option("--reason", options.reason, "Why, for the audit log")->type_name("TEXT");
    app.add_option("--notify", options.notify,
                   "Then tell the service's instances on this channel of Redis what was removed")
        ->type_name("CHANNEL");
    app.add_option("--notify-url", options.notify_url,
                   "The Redis server with that channel (default: the store, where it is one)")
        ->type_name("URL");
    add_max_pause_option(app, options.max_pause);
    add_load_options(app, options.load);
    app.add_flag("--force", options.force, "Even when the service's settings switch the cache off");
}

void add_removal_options(CLI::App& app, InvalidateOptions& options) {
    add_planned_removal_options(app, options);
    app.add_option("--soft", options.soft,
                   "Do not remove: cut times to live to random moments within this; none gets longer")
        ->type_name("DUR");
    add_instances_option(app, options.instances);
}

void add_single_run_options(CLI::App& app, InvalidateOptions& options) {
    app.add_flag("-y,--yes", options.yes, "Do not ask; needed to remove everything of every tenant");
    app.add_flag("--verify", options.verify,
                 "Walk again: how many keys stayed, how many were filled again meanwhile");
    app.add_flag("--fail-if-none", options.fail_if_none, "Exit 1 when no key matches");
    app.add_flag("--allow-unreachable", options.allow_unreachable,
                 "Exit 0 with a warning when the cache is down");
    app.add_option("--resume-file", options.resume_file,
                   "Keep what is left here when the run ends before its end (default: beside the audit log, "
                   "else in ~/.local/state/roacache)")
        ->type_name("FILE");
}

void check_invalidation(const InvalidateOptions& options, Context& context) {
    const InvalidateRun checked(options, context);
}

core::ExitCode invalidate(const InvalidateOptions& options, Context& context) {
    return InvalidateRun(options, context).run();
}

} // namespace roacache::commands
