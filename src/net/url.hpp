#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::net {

struct HostPort {
    std::string host; ///< name or address; an IPv6 address without its brackets
    std::uint16_t port = 0;

    std::string text() const; ///< `host:port`, IPv6 in brackets
    bool operator==(const HostPort&) const = default;
};

/// What a URL can name. `tls` says whether the bytes are encrypted.
enum class UrlKind { redis, sentinel, cluster, unix_socket, sqlite, http };

/// A URL taken apart; every part is percent-decoded except `target`, which goes to the server as it stands.
struct Url {
    UrlKind kind = UrlKind::redis;
    std::string scheme; ///< as written, in lower case: `redis`, `valkeys`, `rediss+sentinel`, `https` …
    bool tls = false;
    std::optional<std::string> user; ///< absent when empty or not given
    std::optional<std::string> password;
    std::vector<HostPort> hosts; ///< at least one, but for unix_socket and sqlite; default ports filled in
    std::optional<unsigned> database; ///< redis kinds only
    std::string service;              ///< sentinel: the name of the monitored service
    std::string path;                 ///< unix_socket: the socket; sqlite: the file
    std::string target;               ///< http: path and query, at least `/`; the fragment is dropped

    /// The URL again, with `***` in place of the password and of query values that are secrets by their names
    /// (token, access_token, api_key, key, password, secret, sig…). Safe to print.
    std::string redacted() const;
};

/// Parses every form of the command line contract. Throws core::Error(usage) `bad URL: URL-without-secrets:
/// WHY`; an input so broken that its secrets cannot be found is not echoed at all.
Url parse_url(std::string_view text);

/// Decodes %XX; nothing when a % is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);

/// Encodes everything but letters, digits and `-._~`.
std::string percent_encode(std::string_view text);

} // namespace roacache::net
