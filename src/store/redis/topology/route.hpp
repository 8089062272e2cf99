#pragma once

#include "src/net/url.hpp"
#include "src/store/connect_options.hpp"
#include "src/store/redis/server.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::store::redis {

/// Where a server of that announced address is reached, by ConnectOptions::node_map.
net::HostPort mapped(const net::HostPort& announced,
                     const std::vector<std::pair<net::HostPort, net::HostPort>>& node_map);

/// A connection to the first host of the URL, by way of the node map. Over TLS its certificate has to be for
/// that host, or for what stands in its place there.
Server open_named(const net::Url& url, const ConnectOptions& options);

/// How one server tells of another.
struct Announced {
    net::HostPort address;
    std::string host_name;                      ///< empty: none
    std::string_view kind;                      ///< of who tells: `cluster`, `sentinel`
    std::optional<net::HostPort> endpoint = {}; ///< where clients are to reach it, if not at its address
};

/// A connection to a server that another tells of, as the URL's are made, by way of the node map, which may
/// have any of its names. It goes to the endpoint where there is one, and over TLS else to the host name, or
/// to the address where that name means nothing here. The certificate has to be for one of them, or for what
/// the node map has in their place. An error that lasts names the server as it is announced.
Server open_announced(net::Url url, ConnectOptions options, const Announced& server);

} // namespace roacache::store::redis
