#pragma once

#include "src/net/url.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::bench {

/// Where connections go instead of to the host and port that a URL names; TLS and Host keep the URL's.
struct ConnectTo {
    std::string host; ///< of the URLs that it is for; empty: any
    std::optional<std::uint16_t> port;
    std::string to_host; ///< empty: the URL's
    std::optional<std::uint16_t> to_port;
    std::string unix_socket; ///< a path, in place of both

    bool operator==(const ConnectTo&) const = default;
    /// Whether it is for this host of a URL.
    bool fits(const net::HostPort& host) const;
    /// As parse_connect_to() reads it; `unix:PATH` for a Unix socket.
    std::string text() const;
};

/// `HOST:PORT:TO_HOST:TO_PORT`, of which each part may be empty, an IPv6 address in brackets; or `unix:PATH`.
/// Nothing for anything else.
std::optional<ConnectTo> parse_connect_to(std::string_view text);

/// The first rule for this host; null: it is connected to itself.
const ConnectTo* rule_for(const net::HostPort& host, const std::vector<ConnectTo>& rules);

} // namespace roacache::bench
