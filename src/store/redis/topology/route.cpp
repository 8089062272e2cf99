#include "src/store/redis/topology/route.hpp"

#include "src/net/socket.hpp"
#include "src/output/text.hpp"
#include "src/store/redis/foreign.hpp"

#include <fmt/format.h>
#include <utility>

namespace roacache::store::redis {
namespace {

/// What to do about a server that is not what the one that tells of it says, as far as TLS goes.
std::string remedy_for(const core::Error& error, const Announced& server) {
    const std::string_view what = error.what();
    const bool of_cluster = server.kind == "cluster";
    if (is_redis_without_tls(error))
        return fmt::format("Those that speak TLS have to announce their TLS ports ({}); or name these by "
                           "--node-map.",
                           of_cluster ? "tls-cluster yes" : "tls-replication yes");
    if (what.find("certificate is not for") == std::string_view::npos) return error.remedy();
    return fmt::format("The certificate has to be for the host name ({}) or the address that is announced, "
                       "for NAME by --node-map {}=NAME, or, where it is the same everywhere, for NAME by "
                       "--server-name NAME.",
                       of_cluster ? "cluster-announce-hostname" : "sentinel announce-hostnames",
                       output::printable(server.address.text()));
}

core::Error explained(const core::Error& error, const Announced& server) {
    std::string what = error.what();
    const std::string name = output::printable(server.address.text());
    if (what.find(name) == std::string::npos) what += fmt::format(" (the node {})", name);
    core::Error full(error.code(), what, remedy_for(error, server));
    if (error.lasts()) full.set_lasting();
    return full;
}

} // namespace

net::HostPort mapped(const net::HostPort& announced,
                     const std::vector<std::pair<net::HostPort, net::HostPort>>& node_map) {
    for (const auto& [from, to] : node_map)
        if (from == announced || (from.port == 0 && from.host == announced.host))
            return {to.host, to.port != 0 ? to.port : announced.port};
    return announced;
}

Server open_named(const net::Url& url, const ConnectOptions& options) {
    if (url.kind == net::UrlKind::unix_socket) return {url, options};
    net::Url reached = url;
    reached.hosts = {mapped(url.hosts.front(), options.node_map)};
    ConnectOptions as_named = options;
    as_named.tls.other_names = {url.hosts.front().host};
    return {reached, as_named};
}

Server open_announced(net::Url url, ConnectOptions options, const Announced& server) {
    const net::HostPort& address = server.address;
    const net::HostPort by_name{server.host_name.empty() ? address.host : server.host_name, address.port};
    const net::HostPort named = server.endpoint ? *server.endpoint : url.tls ? by_name : address;
    net::HostPort reached = named;
    for (const net::HostPort& one : {by_name, named, address})
        if (const net::HostPort place = mapped(one, options.node_map); place != one) reached = place;
    if (url.kind == net::UrlKind::unix_socket) url.kind = net::UrlKind::cluster;
    options.tls.other_names = {by_name.host, named.host, address.host};
    url.hosts = {reached};
    try {
        try {
            return {url, options};
        } catch (const net::UnknownHost&) {
            if (reached != named || named == address) throw;
        }
        url.hosts = {address};
        return {url, options};
    } catch (const core::Error& error) {
        if (!error.lasts() && !(url.tls && is_redis_without_tls(error))) throw;
        throw explained(error, server);
    }
}

} // namespace roacache::store::redis
