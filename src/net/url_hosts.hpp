#pragma once

#include "src/net/url.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::net {

/// Why a text is no URL; parse_url adds what was given, without its secrets.
struct BadUrl {
    std::string why;
    std::string remedy = {};
};

/// Percent-decodes; throws BadUrl that names `what` where a % is not followed by two hex digits.
std::string decode_part(std::string_view text, std::string_view what);

/// Digits only; nothing for other text, the caller checks the range.
std::optional<unsigned> digits_of(std::string_view text);

/// `host`, `host:port`, `[v6]:port`; with `several` also with commas between them. No port, or an empty one,
/// is the default. Throws BadUrl.
std::vector<HostPort> parse_hosts(std::string_view text, std::uint16_t default_port, bool several);

/// A redis URL behind its `//`, split where the credentials end.
struct SplitAddress {
    std::optional<std::string_view> credentials; ///< without the @
    std::string_view rest;                       ///< hosts, path and query
};

/// Finds the @ that ends the credentials. The last one before the first of `/ ? #` does. Where there is none,
/// and what is before these is no address, the only @ behind them does, so that a password may hold them.
/// Throws BadUrl wherever it could be another @ too: what was meant as path, query or comment is never taken
/// for a host.
SplitAddress split_address(std::string_view text, bool several);

/// Throws BadUrl for what a password may hold only percent-encoded, since it ends a URL for most readers.
void check_credentials(std::string_view credentials);

} // namespace roacache::net
