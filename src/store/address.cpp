#include "src/store/address.hpp"

#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"
#include "src/net/redis_parameters.hpp"
#include "src/net/url.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::store {
namespace {

using config::Address;
using config::Trust;
using core::Error;
using core::ExitCode;
using net::Url;
using net::UrlKind;
using Text = config::Setting<std::string>;

constexpr std::uint16_t k_port = 6379;

[[noreturn]] void fail(const Text& part, const std::string& why, std::string remedy = {}) {
    throw Error(ExitCode::usage, fmt::format("bad address: {}: {}", part.origin, why), std::move(remedy));
}

std::uint16_t port_of(const Text& port) {
    return static_cast<std::uint16_t>(core::parse_integer(port.value, port.origin, 1, 65535));
}

unsigned database_of(const Text& database) {
    return static_cast<unsigned>(core::parse_integer(database.value, database.origin, 0, 1'000'000));
}

/// Takes `tls://` or the like off the front; whether it means TLS.
bool take_scheme(const Text& host, std::string_view& text) {
    const std::size_t end = text.find("://");
    if (end == std::string_view::npos) return false;
    const std::string scheme = core::to_lower(text.substr(0, end));
    text.remove_prefix(end + 3);
    for (const std::string_view known : {"tls", "ssl", "rediss", "valkeys"})
        if (scheme == known) return true;
    for (const std::string_view known : {"tcp", "redis", "valkey"})
        if (scheme == known) return false;
    fail(host, "its scheme is not known",
         "Write the host alone, or tls://HOST; a whole URL goes in REDIS_URL.");
}

/// The zone of an IPv6 address is written `%eth0` everywhere but in a URL.
std::string with_encoded_zone(std::string_view text) {
    std::string result(text);
    const std::size_t zone = result.find('%');
    const bool encoded =
        zone != std::string::npos && result.compare(zone, 3, "%25") == 0 && zone + 3 < result.size();
    if (zone != std::string::npos && !encoded) result.insert(zone + 1, "25");
    return result;
}

/// A server as the host alone names it: `hosts[0].port` is 0 where the host does not say.
Url server_of(const Text& host) {
    std::string_view text = host.value;
    if (core::to_lower(text.substr(0, 7)) == "unix://") text.remove_prefix(7);
    if (text.starts_with('/')) return net::parse_url("unix://" + net::percent_encode(text, "/"));
    Url server;
    server.tls = take_scheme(host, text);
    server.scheme = server.tls ? "rediss" : "redis";
    while (text.ends_with('/'))
        text.remove_suffix(1);
    if (text.empty() || text.find_first_of("@/?#,= ") != std::string_view::npos)
        fail(host, "expected the name or address of a host", "A whole URL goes in REDIS_URL.");
    const bool bare_ipv6 = !text.starts_with('[') && std::count(text.begin(), text.end(), ':') > 1;
    const std::string encoded = with_encoded_zone(text);
    text = encoded;
    const std::string quoted = bare_ipv6 ? fmt::format("[{}]", text) : std::string(text);
    const bool has_port = quoted.find(':', quoted.rfind(']') + 1) != std::string::npos;
    server.hosts = net::parse_url("redis://" + quoted).hosts;
    if (!has_port) server.hosts[0].port = 0;
    return server;
}

bool speaks_tls(const Address& address) {
    return address.tls && address.tls->value;
}

void set_tls(Url& url) {
    url.tls = true;
    url.scheme = "rediss";
}

/// The server of the host, with the ports and databases that are given apart from it.
Url by_parts(const Address& address) {
    Url url = server_of(*address.host);
    if (url.kind == UrlKind::redis) {
        if (speaks_tls(address)) set_tls(url);
        net::HostPort& host = url.hosts[0];
        const std::uint16_t port = address.port ? port_of(*address.port) : std::uint16_t{0};
        if (host.port != 0 && port != 0 && host.port != port)
            fail(*address.port, fmt::format("{} names another port", address.host->origin));
        if (host.port == 0) host.port = port != 0 ? port : k_port;
    }
    url.database = address.database ? database_of(*address.database) : 0;
    return url;
}

/// The whole URL with port and database put in their places.
Url with_parts(const Address& address) {
    Url url = net::parse_url(address.url.value);
    const bool by_network =
        url.kind == UrlKind::redis || url.kind == UrlKind::cluster || url.kind == UrlKind::sentinel;
    if (speaks_tls(address) && by_network && !url.tls) {
        if (!address.url.is_default())
            throw Error(ExitCode::usage,
                        fmt::format("two addresses: {} says TLS, and {} says no", address.tls->origin,
                                    address.url.origin),
                        "Name the store with -u.");
        set_tls(url);
    }
    if (address.port) {
        if (url.kind != UrlKind::redis)
            fail(*address.port, fmt::format("it cannot be the port of {}", address.url.origin),
                 "Name the store with -u.");
        url.hosts[0].port = port_of(*address.port);
    }
    if (address.database) {
        const unsigned database = database_of(*address.database);
        if (url.kind == UrlKind::http || url.kind == UrlKind::sqlite ||
            (url.kind == UrlKind::cluster && database != 0))
            fail(*address.database, fmt::format("{} has no such database", address.url.origin),
                 "Name the store with -u.");
        if (database != 0 || url.kind != UrlKind::cluster) url.database = database;
    }
    return url;
}

bool same_server(const Url& one, const Url& other) {
    return one.kind == other.kind && one.tls == other.tls && one.hosts == other.hosts &&
           one.path == other.path && one.database.value_or(0) == other.database.value_or(0) && !other.user &&
           !other.password;
}

/// Throws when a URL of a lower precedence would have said more than the parts do.
void check_unambiguous(const Address& address, const Url& parts) {
    const bool complete = address.port && address.database;
    if (complete || address.url.is_default()) return;
    Url below = with_parts(address);
    if (below.kind == UrlKind::redis && parts.kind == UrlKind::redis)
        below.hosts[0].host = parts.hosts[0].host;
    const net::RedisParameters parameters = net::redis_parameters(address.url.value);
    if (same_server(parts, below) && !parameters.accept_any_certificate && parameters.ca_file.empty()) return;
    throw Error(ExitCode::usage,
                fmt::format("two addresses: {} names a host, and {} a whole address that says more than it",
                            address.host->origin, address.url.origin),
                "Name the store with -u, or say host, port and database in one place.");
}

std::string origins(const Address& address) {
    std::string list = address.host ? "" : address.url.origin;
    for (const auto* part : {&address.host, &address.port, &address.database})
        if (*part) list += (list.empty() ? "" : ", ") + (*part)->origin;
    if (speaks_tls(address)) list += ", " + address.tls->origin;
    return list;
}

Text by_host(const Address& address) {
    Text result = *address.host;
    const Url url = by_parts(address);
    check_unambiguous(address, url);
    result.value = net::url_text(url);
    if (address.port) result.trust = std::min(result.trust, address.port->trust);
    return result;
}

Text by_url(const Address& address) {
    Text result = address.url;
    const Url url = with_parts(address);
    result.value = net::url_text(url, net::redis_parameters(address.url.value));
    if (address.port) result.trust = std::min(result.trust, address.port->trust);
    if (result.trust < address.url.trust && (url.user || url.password))
        fail(*address.port, fmt::format("not trusted with the password of {}", address.url.origin),
             "Name the store with -u.");
    return result;
}

} // namespace

Text put_together(const Address& address) {
    const bool complete = address.host && address.port && address.database;
    const bool needs_url = !complete || address.url.trust != Trust::directory;
    if (address.whole() || (address.url.problem && needs_url)) return address.url;
    Text result;
    try {
        result = address.host ? by_host(address) : by_url(address);
    } catch (const Error& error) {
        result = address.host ? *address.host : address.url;
        result.problem = std::make_shared<Error>(error);
    }
    result.origin = origins(address);
    return result;
}

} // namespace roacache::store
