#pragma once

#include "src/net/socket.hpp"
#include "src/net/url.hpp"

#include <cstddef>
#include <vector>

namespace roacache::bench {

/// A server that connections are made to: one for each host, port and kind of transport.
struct Origin {
    net::HostPort host;
    bool tls = false;
    std::vector<net::Address> addresses; ///< at least one
    std::size_t chosen = 0;              ///< index of the address in use

    const net::Address& address() const { return addresses[chosen]; }
};

} // namespace roacache::bench
