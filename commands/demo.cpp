#include "commands/declarations.hpp"
#include "commands/demo_service.hpp"
#include "src/demo/ledger/generator.hpp"

#include <CLI/CLI.hpp>
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

  curl -i 'http://127.0.0.1:8080/api/dashboard/summary?company=1'            X-Cache: MISS, then HIT
  curl -i -H 'Cache-Control: no-cache' 'http://127.0.0.1:8080/api/companies'  X-Cache: BYPASS
  curl -X POST http://127.0.0.1:8080/api/invoices/1/pay                       what it made stale is invalidated

  curl --json '{"enabled": false}' -H "Authorization: Bearer $ROACACHE_TOKEN" \
      http://127.0.0.1:8080/api/cache/toggle-user                             the cache is off: X-Cache: BYPASS

Reads: /api/dashboard/{summary,trends,detailed-data,performance,cashflow,maturity}, /api/invoices,
/api/invoices/summary, /api/companies, /api/treasury. Management: GET /api/cache/stats,
POST /api/cache/toggle-user and toggle-global. The switches want a token as bearer: that of --token-file or
ROACACHE_TOKEN (which GET /api/cache/stats wants then too), or one that is made and said at the start. Writes want
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
    add_rows_option(app, options->rows, "Invoices in the ledger");
    app.footer(k_demo_examples);
    return [options](Context& context) { return serve_demo(*options, context); };
}

} // namespace roacache::commands
