#include "commands/declarations.hpp"
#include "commands/follow/follower.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace roacache::commands {
namespace {

constexpr const char* k_follow_examples = R"(
Each row of the answer is read so: the columns that the selectors name, {1} for the first, are the value, and all the
others of the rows with that value are its watermark. Where the selectors name none, the whole answer is one
watermark. A watermark that changes in any way, forwards or back (a restored database), invalidates for its value, and
so does a value that appears or vanishes. {N} may stand in what -t, -r, -k, --match say, and in the value of -w and -e.
A value that is empty or NULL, or has one of * ? [ ] \, is refused, with a warning, and never goes further.

The first poll without a state notes the watermarks and invalidates nothing, unless --invalidate-first is given. With
--state FILE a restart goes on from there: a watermark is kept once the invalidation has succeeded, so that after
kill -9 it may be invalidated twice, but is not missed. Without it, what changes between two runs is not seen.
Whatever fails is warned of and tried again at the next poll: a database that is away or locked, a query or a command
that fails, takes longer than --timeout or prints what are no rows, a cache that is away. None of that is taken for an
answer without rows. A command prints a row a line, its columns set apart by tabs; one that prints nothing has failed.
What is refused for one value (12:30, where : separates the parts of a key) stops none of the others.

What no poll can see: a row that is changed while its watermark stays (an UPDATE that leaves max(id) as it is: take
updated_at or a version into the query); changes that cancel out between two polls; rows that are committed late with
an id below the maximum (take count(*) or sum(id) into the query as well). Several changes between two polls are one.
What has moved is invalidated within --interval and the time that the invalidation takes, and once more --settle
later, for readers that were under way and wrote back what they had read before; `event` is then `settled`. Where columns
stand in the values of -e alone, what one poll finds is invalidated in one walk for up to 100 values: `together` of a line
says for how many, and keys that several of them make stale count with the first. Not with --max-keys, which is of
each value, nor of several stores or a management API; and where it fails, for each value alone.

Ends on Ctrl-C and SIGTERM (130), and when nobody reads its standard output any more (5). With --once: 0 when all that
moved is done, 3 when the database or the cache is away, 4 when it was refused, 5 when it was done in part; what is
left is found again by the next run.

Examples:
  roacache follow --sqlite /srv/portal/ledger.db --query 'select company, max(id), count(*) from act group by company' -e company-changed={1} --state /var/lib/roacache/follow.json
      What a changed company makes stale, of that company alone.
  roacache follow --command 'mysql -BN -e "select name, max(id) from portal.act group by name"' -e company-changed={1} --interval 10s
      Any database that has a client for the shell.
  roacache follow --sqlite ledger.db --query 'select max(id), count(*) from invoices' -e invoice-changed --state follow.json --once
      For cron: what has moved since the last run.
  roacache follow --sqlite ledger.db --query 'select company, max(id) from act group by company' -e company-changed={1} --dry-run -o ndjson
      What would be invalidated; nothing is, and no state is kept.)";

} // namespace

Action declare_follow(CLI::App& app) {
    const auto options = std::make_shared<follow::Options>();
    const std::string group = "Which watermarks";
    app.add_option("--sqlite", options->source.sqlite, "Read them from this SQLite file; it is only read")
        ->type_name("PATH")
        ->group(group);
    app.add_option("--query", options->source.query, "With this SELECT")->type_name("SQL")->group(group);
    app.add_option("--command", options->source.command,
                   "Read them from what this command prints, a row a line, columns set apart by tabs")
        ->type_name("CMD")
        ->group(group);
    declare_selectors(app, options->removal.selectors);
    app.add_option("--interval", options->interval, "Poll this often")
        ->type_name("DUR")
        ->capture_default_str();
    app.add_option("--settle", options->settle,
                   "Invalidate once more after this time, for readers that were under way; 0 for not")
        ->type_name("DUR")
        ->capture_default_str();
    app.add_option("--state", options->state, "Keep the watermarks here, so that a restart misses nothing")
        ->type_name("FILE");
    app.add_flag("--once", options->once, "Poll once, settle, and end: for cron");
    app.add_flag("--invalidate-first", options->invalidate_first,
                 "Where there is no state yet, invalidate for all that the first poll finds");
    add_removal_options(app, options->removal);
    options->removal.everything_remedy = "Narrow the selectors: follow never removes everything.";
    app.footer(k_follow_examples);
    return [options](Context& context) { return follow::Follower(*options, context).run(); };
}

} // namespace roacache::commands
