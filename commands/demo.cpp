#include "commands/declarations.hpp"
#include "commands/demo_service.hpp"
#include "src/demo/ledger/generator.hpp"
#include "src/demo/traps.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <memory>

namespace roacache::commands {
namespace {

constexpr const char* k_demo_examples = R"(
Examples:
  roacache demo
      On http://127.0.0.1:8080, cached in memory and in a SQLite file.
  roacache demo --listen 127.0.0.1:0 --cache-url redis://127.0.0.1:6379/0
      On a port that the system chooses, with Redis as the second tier.
  roacache demo --listen 127.0.0.1:0 --cache-url redis://127.0.0.1:6379/0 --listen-to cache-invalidation
      One of several instances, told by: roacache invalidate --notify cache-invalidation
  roacache demo --cache-url none
      Without any cache: the uncached arm of a benchmark.
  roacache demo --listen 127.0.0.1:0 --vulnerable=positional,falsy
      With faults that the other commands find.
  roacache demo --listen 127.0.0.1:0 --user ana=token
      ana, who sends the token of that file, has entries of her own, and sees half of the companies.

  curl -i 'http://127.0.0.1:8080/api/dashboard/summary?company=1'            X-Cache: MISS, then HIT
  curl -i -H 'Cache-Control: no-cache' 'http://127.0.0.1:8080/api/companies'  X-Cache: BYPASS
  curl -X POST http://127.0.0.1:8080/api/invoices/1/pay                       what it made stale is invalidated

  curl --json '{"enabled": false}' -H "Authorization: Bearer $ROACACHE_TOKEN" \
      http://127.0.0.1:8080/api/cache/toggle-user                             the cache is off: X-Cache: BYPASS

Reads: /api/dashboard/{summary,trends,detailed-data,performance,cashflow,maturity}, /api/invoices,
/api/invoices/summary, /api/companies, /api/treasury; with ?metadata=true the answer is in "data", and its source (L1, L2,
origin) and time in "metadata". Management: the hybrid portal's API under /api/cache (stats, health, invalidate,
toggle-user, toggle-global, toggle-auto-invalidate, clear, benchmark) and the HR portal's under /api/hr/cache (stats, health,
invalidate?pattern=, clear). What changes something wants a token as bearer: the administrator's of --token-file or
ROACACHE_TOKEN (which stats want then too), or one that is made and said at the start, or for less a user's. Lookups are
logged in the table performance_log of the SQLite file. Writes want
Content-Type: application/json where they have a body, and no page of another origin may send them. The
ledger is generated once and kept in
$XDG_CACHE_HOME/roacache; each run works on a copy of its own. Ctrl-C is the way to end it: exit 0.)";

} // namespace

CLI::Option* add_rows_option(CLI::App& app, std::uint64_t& rows, const char* help) {
    return app.add_option("--rows", rows, help)
        ->type_name("N")
        ->check(
            CLI::Range(std::uint64_t{demo::k_least_ledger_rows}, std::uint64_t{demo::k_most_ledger_rows}));
}

Action declare_demo(CLI::App& app) {
    const auto options = std::make_shared<DemoOptions>();
    app.add_option("--listen", options->listen, "Where to listen; port 0 lets the system choose")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    app.add_option(
           "--cache-url", options->cache_url,
           "Second tier: a Redis URL, sqlite:PATH, or none for no cache at all (default: a SQLite file)")
        ->type_name("URL|none");
    app.add_option("--listen-to", options->listen_to,
                   "Channel of that Redis: drop from memory what invalidate --notify says there")
        ->type_name("CHANNEL");
    app.add_option("--allow-host", options->hosts,
                   "A name by which requests may call the service, beside localhost and its own addresses "
                   "(repeatable)")
        ->type_name("NAME");
    app.add_option("--user", options->users,
                   "A user with entries of his own, and the file of his token (repeatable)")
        ->type_name("NAME=FILE");
    app.add_flag("--vulnerable{all}", options->traps,
                 "With faults of the served systems, all or some: --vulnerable=TRAP,TRAP")
        ->type_name("TRAP");
    add_rows_option(app, options->rows, "Invoices in the ledger");
    std::string traps;
    for (const demo::NamedTrap& trap : demo::named_traps())
        traps += fmt::format("\n  {:<14}{}", trap.name, trap.meaning);
    app.footer(fmt::format("{}\n\nThe traps of --vulnerable:{}", k_demo_examples, traps));
    return [options](Context& context) { return serve_demo(*options, context); };
}

} // namespace roacache::commands
