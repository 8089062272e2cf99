#include "commands/declarations.hpp"
#include "commands/demo_service.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <memory>
#include <ostream>
#include <poll.h>

namespace roacache::commands {
namespace {

struct DemoOptions {
    std::string listen = "127.0.0.1:8080";
    std::string cache_url;
    std::uint64_t rows = 0;
};

net::HostPort parse_listen(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0)
        throw core::Error(core::ExitCode::usage, fmt::format("--listen: '{}': expected HOST:PORT", text),
                          "Port 0 lets the system choose.");
    std::string host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    return {host, static_cast<std::uint16_t>(
                      core::parse_integer(text.substr(colon + 1), "--listen: port", 0, 65535))};
}

void wait_for_interrupt() {
    pollfd interrupt{core::Interrupt::fd(), POLLIN, 0};
    while (!core::Interrupt::requested())
        poll(&interrupt, 1, -1);
}

std::string summary(const demo::Counters& counters) {
    return fmt::format(
        "served {} hits in memory, {} in the second tier, {} misses, {} past the cache; {} database queries",
        core::format_count(counters.l1_hits), core::format_count(counters.l2_hits),
        core::format_count(counters.misses), core::format_count(counters.bypasses),
        core::format_count(counters.origin_queries));
}

core::ExitCode run_demo(const DemoOptions& options, Context& context) {
    demo::ServiceOptions service_options = demo_service_options(context, options.cache_url, options.rows);
    const net::HostPort listen = parse_listen(options.listen);
    service_options.host = listen.host;
    service_options.port = listen.port;
    demo::Service service(std::move(service_options));
    const std::string url = service.base_url();
    context.streams.out << "listening on " << url << "\n" << std::flush;
    context.note(fmt::format("try: curl -i '{}/api/dashboard/summary?company=1'; Ctrl-C ends", url));
    wait_for_interrupt();
    service.stop();
    context.note(summary(service.counters()));
    return core::ExitCode::done;
}

constexpr const char* k_demo_examples = R"(
Examples:
  roacache demo
      On http://127.0.0.1:8080, cached in memory and in a SQLite file.
  roacache demo --listen 127.0.0.1:0 --cache-url redis://127.0.0.1:6379/0
      On a port that the system chooses, with Redis as the second tier.
  roacache demo --cache-url none
      Without any cache: the uncached arm of a benchmark.

  curl -i 'http://127.0.0.1:8080/api/dashboard/summary?company=1'            X-Cache: MISS, then HIT
  curl -i -H 'Cache-Control: no-cache' 'http://127.0.0.1:8080/api/companies'  X-Cache: BYPASS
  curl -X POST http://127.0.0.1:8080/api/invoices/1/pay                       what it made stale is invalidated

Reads: /api/dashboard/{summary,trends,detailed-data,performance,cashflow,maturity}, /api/invoices,
/api/invoices/summary, /api/companies, /api/treasury. The ledger is generated once and kept in
$XDG_CACHE_HOME/roacache; each run works on a copy of its own. Ctrl-C is the way to end it: exit 0.)";

} // namespace

Action declare_demo(CLI::App& app) {
    const auto options = std::make_shared<DemoOptions>();
    app.add_option("--listen", options->listen, "Where to listen; port 0 lets the system choose")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    app.add_option(
           "--cache-url", options->cache_url,
           "Second tier: a Redis URL, sqlite:PATH, or none for no cache at all (default: a SQLite file)")
        ->type_name("URL|none");
    add_rows_option(app, options->rows, "Invoices in the ledger");
    app.footer(k_demo_examples);
    return [options](Context& context) { return run_demo(*options, context); };
}

} // namespace roacache::commands
