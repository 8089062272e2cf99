#include "commands/declarations.hpp"
#include "commands/keys/invalidation.hpp"
#include "commands/keys/resume.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace roacache::commands {
namespace {

constexpr const char* k_invalidate_examples = R"(
With -r, -w or -e and without -t it is the profile's default tenant alone, and not every one as with keys, inspect and
stats; --all-tenants reaches them all.

What takes nearly all keys, however it is spelt, needs --yes. --max-keys counts first, and no more keys than it allows
are ever sent to be removed: when more come to match meanwhile, the run stops there (exit 5). A list of keys is read to
its end before anything is removed; named keys that are not there are counted as absent. The audit log has a line
before the first key is removed and one after the last, with the same run.

A terminal is asked before more than 1,000 keys go; a pipe is not. --verify walks again: a key counts as
filled again when its time to live shows that it was set after the run began, by what the profile's policy
grants; every other key that is there counts as remaining (exit 5).

A run that ends before its end (exit 5 or 130) keeps what is left in a file, and its message has the command that goes on:
--resume FILE takes selectors, store and --soft from there and removes the file at its end. A server of Redis that is
proven to be the same process is gone on with behind what was confirmed; any other, and every other store, is walked anew.
What was set again since then in the part that was done may stay: the same command without --resume removes it too.

Several -u are the tiers of one cache, the deepest first (L2, then L1), and are done in that order; --instances names the
workers of the service, which come last. Each is asked first whether it can be told exactly what is meant, and none is
changed where one cannot (exit 4). From then on the others are done when one fails (exit 5). --max-keys, --dry-run and
--verify are of those that can count and list. --settle pauses once more for each tier: what a reader had from one tier
may get into the next one later.

Examples:
  roacache invalidate -e invoice-changed -t client-1
      What a changed invoice makes stale, of one tenant.
  roacache invalidate -r invoices_list -w company=123 --all-tenants --dry-run
      How many keys would go; nothing is changed.
  roacache invalidate --all-tenants --yes --soft 2m
      Everything expires within two minutes, a key at a time: no stampede on the database.
  roacache invalidate -e company-changed=123 --allow-unreachable --audit-log /var/log/roacache.jsonl --reason import
      At the end of an import that must not fail because the cache is down.
  roacache keys -t old | grep list | roacache invalidate --keys-from - --max-keys 5000
      Keys from elsewhere, with a guard: more than 5,000 and nothing is removed (exit 4).
  roacache invalidate -p roa2web-hybrid -e company-changed=5 -u sqlite:cache.db -u http://127.0.0.1:8000/api/cache --settle 2s
      Both tiers of the portal, the file first, and once more what slow readers have written back.
  roacache invalidate -r dashboard_summary --notify cache-invalidation
      Instances that listen there drop what they keep in their own memory.)";

} // namespace

Action declare_invalidate(CLI::App& app) {
    const auto options = std::make_shared<InvalidateOptions>();
    declare_selectors(app, options->selectors);
    add_removal_options(app, *options);
    add_single_run_options(app, *options);
    app.add_option(
           "--settle", options->settle,
           "Remove once more after this time: for readers that were under way and wrote old data back")
        ->type_name("DUR");
    app.add_option("--resume", options->resume,
                   "Go on with what an earlier run has left, by the file it named")
        ->type_name("FILE");
    app.add_flag("--vacuum", options->vacuum,
                 "Give an SQLite file's free room back; the service waits for its file meanwhile");
    app.footer(k_invalidate_examples);
    return [options](Context& context) {
        return options->resume.empty() ? invalidate(*options, context) : resume(*options, context);
    };
}

} // namespace roacache::commands
