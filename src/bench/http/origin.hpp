#pragma once

#include "src/net/socket.hpp"
#include "src/net/url.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace roacache::bench {

/// A server that connections are made to: one for each host, port and kind of transport.
struct Origin {
    net::HostPort host;
    bool tls = false;
    std::vector<net::Address> addresses; ///< at least one
    std::size_t chosen = 0;              ///< index of the address in use
    bool elsewhere = false;              ///< the addresses are not the host's own: see ConnectTo

    const net::Address& address() const { return addresses[chosen]; }
    /// For people: `example.com:443`, or `example.com:443 at 127.0.0.1:8443`.
    std::string text() const {
        return elsewhere ? host.text() + " at " + addresses.front().text : host.text();
    }
};

} // namespace roacache::bench
