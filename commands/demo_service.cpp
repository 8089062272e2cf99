#include "commands/demo_service.hpp"

#include "commands/service_options.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"

#include <fmt/core.h>
#include <ostream>
#include <poll.h>

namespace roacache::commands {
namespace {

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

/// Of `NAME=FILE`.
demo::User parse_user(const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    constexpr const char* k_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    if (equals == std::string::npos || name.empty() || equals + 1 == text.size() ||
        name.find_first_not_of(k_letters) != std::string::npos)
        throw core::Error(core::ExitCode::usage,
                          "--user: expected NAME=FILE, the name of letters, digits and _",
                          "FILE holds the user's token.");
    std::string token(core::trimmed(core::read_file(text.substr(equals + 1))));
    if (token.empty())
        throw core::Error(core::ExitCode::usage, fmt::format("--user: {}: the file is empty", name));
    return {name, std::move(token), false};
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

} // namespace

core::ExitCode serve_demo(const DemoOptions& options, Context& context) {
    demo::ServiceOptions service_options =
        commands::service_options(context, options.cache_url, options.rows);
    const net::HostPort listen = parse_listen(options.listen);
    service_options.host = listen.host;
    service_options.port = listen.port;
    service_options.hosts = options.hosts;
    service_options.listen_to = options.listen_to;
    for (const std::string& user : options.users)
        service_options.users.push_back(parse_user(user));
    if (!options.traps.empty()) service_options.traps = demo::parse_traps(options.traps);
    demo::Service service(std::move(service_options));
    const std::string url = service.base_url();
    if (service.open_to_network())
        context.warn(
            fmt::format("--listen {}: others can reach the service over the network, and it asks nobody "
                        "who he is; 127.0.0.1 is for this machine only",
                        options.listen));
    if (context.settings.token.value.empty())
        context.note(
            fmt::format("the cache's switches want a token: export ROACACHE_TOKEN={}", service.token()));
    if (!options.traps.empty())
        context.warn(fmt::format("--vulnerable {}: the service has these faults on purpose", options.traps));
    context.streams.out << "listening on " << url << "\n" << std::flush;
    context.note(fmt::format("try: curl -i '{}/api/dashboard/summary?company=1'; Ctrl-C ends", url));
    wait_for_interrupt();
    service.stop();
    context.note(summary(service.counters()));
    return core::ExitCode::done;
}

} // namespace roacache::commands
