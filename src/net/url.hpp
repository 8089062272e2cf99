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

/// A URL taken apart; every part is percent-decoded except `target`, which goes to the server as it is.
struct Url {
    UrlKind kind = UrlKind::redis;
    std::string scheme; ///< as written, in lower case: `redis`, `valkeys`, `rediss+sentinel`, `https` …
    bool tls = false;
    std::optional<std::string> user;     ///< absent when empty or not given
    std::optional<std::string> password; ///< empty only with a user (`user:@host`)
    std::vector<HostPort> hosts; ///< at least one, but for unix_socket and sqlite; default ports filled in
    std::optional<unsigned> database; ///< redis kinds only
    std::string service;              ///< sentinel: the name of the monitored service
    std::string path;                 ///< unix_socket: the socket; sqlite: the file
    std::string table;                ///< sqlite: `?table=`; empty: found by looking
    std::string target;               ///< http: path and query, at least `/`; the fragment is dropped,
                                      ///< bytes outside ASCII are percent-encoded

    bool operator==(const Url&) const = default;

    /// The URL again, with `***` in place of the password, of a user without one (it may be a token) and of
    /// query values that are secrets by their names (token, access_token, api_key, key, password, secret,
    /// sig…). Printable ASCII; parses to the same Url where nothing was hidden. Safe to print.
    std::string redacted() const;

    /// http: the value of the Host header, `host` with `:port` unless it is the scheme's default.
    std::string host_header() const;
};

/// Parses every form of the command line contract. The last `@` before the first of `/ ? #` ends the
/// credentials. Where none is there, and what is there is no address, the only `@` behind does (for unix the
/// only `@/`), so that a password may hold a bare `/`; a text in which it could be one of several is refused.
/// So is a bare `;`, space or `://` in the credentials of the redis kinds. `?db=N` and `?password=` are taken
/// by the redis kinds as redis-py takes them. Throws core::Error(usage) `bad URL: URL-without-secrets: WHY`;
/// an input so broken that its secrets cannot be found is not echoed.
Url parse_url(std::string_view text);

/// Any text that is meant to be a URL, made safe to print: as redacted() when it parses, else without
/// credentials and secret query values, or `***` where those cannot be separated from the rest.
std::string redact_url_text(std::string_view text);

/// Decodes %XX; nothing when a % is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);

/// Encodes everything but letters, digits and `-._~`, and the characters of `also_plain`.
std::string percent_encode(std::string_view text, std::string_view also_plain = {});

/// A path or a query as it goes over the wire: encodes what is not printable ASCII, and spaces; what is
/// encoded already stays.
std::string encode_target(std::string_view text);

} // namespace roacache::net
