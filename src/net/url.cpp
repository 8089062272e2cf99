#include "src/net/url.hpp"

#include "src/core/error.hpp"
#include "src/core/units.hpp"
#include "src/net/redact.hpp"
#include "src/net/redis_parameters.hpp"
#include "src/net/scheme.hpp"
#include "src/net/stack_exchange.hpp"
#include "src/net/url_parameters.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace roacache::net {
namespace {

constexpr std::size_t k_longest_url = 65536;
constexpr std::size_t k_longest_host = 253;
constexpr unsigned k_highest_database = 2147483647;

/// Why a text is no URL; parse_url adds what was given, without its secrets.
struct Bad {
    std::string why;
    std::string remedy = {};
};

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

std::string known_schemes() {
    std::string list;
    for (const Scheme& scheme : schemes())
        list += fmt::format("{}{}{}", list.empty() ? "" : ", ", scheme.name,
                            scheme.kind == UrlKind::sqlite ? ":PATH" : "://");
    return "Known are " + list + ".";
}

std::string decode(std::string_view text, std::string_view what) {
    auto decoded = percent_decode(text);
    if (!decoded)
        throw Bad{fmt::format("a % in the {} is not followed by two hex digits", what), "Write %25 for a %."};
    return *std::move(decoded);
}

/// For the parts that go to the system or are printed: none may hold control bytes, NUL above all.
std::string decode_printable(std::string_view text, std::string_view what) {
    std::string decoded = decode(text, what);
    if (std::any_of(decoded.begin(), decoded.end(), is_control))
        throw Bad{fmt::format("the {} holds a control character", what)};
    return decoded;
}

/// Digits only; the caller checks the range.
std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return {};
    return value;
}

std::uint16_t parse_port(std::string_view text) {
    const auto port = number(text);
    if (!port || *port < 1 || *port > 65535) throw Bad{"the port is not a number from 1 to 65535"};
    return static_cast<std::uint16_t>(*port);
}

unsigned parse_database(std::string_view text) {
    const auto database = number(text);
    if (!database || *database > k_highest_database) throw Bad{"the database is not a number"};
    return *database;
}

std::string checked_ipv6(std::string_view encoded) {
    std::string address = decode(encoded, "host");
    const std::size_t zone = address.find('%');
    in6_addr binary;
    if (address.find('\0') != std::string::npos ||
        inet_pton(AF_INET6, address.substr(0, zone).c_str(), &binary) != 1)
        throw Bad{"what stands in brackets is not an IPv6 address"};
    if (zone != std::string::npos &&
        (zone + 1 == address.size() || percent_encode(address.substr(zone + 1)) != address.substr(zone + 1)))
        throw Bad{"the zone of the IPv6 address is not a name"};
    return address;
}

std::string checked_name(std::string_view encoded) {
    std::string name = decode(encoded, "host");
    if (name.empty())
        throw Bad{"the host is missing", "An unset variable? No host is assumed: 127.0.0.1 is written out."};
    if (name.size() > k_longest_host) throw Bad{"the host is longer than 253 bytes"};
    if (percent_encode(name) != name || name.find('~') != std::string::npos)
        throw Bad{"the host holds a character that no host name has",
                  "International names are written in their xn-- form."};
    return name;
}

HostPort parse_host(std::string_view text, std::uint16_t default_port) {
    HostPort result;
    std::string_view rest;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) throw Bad{"the bracket of the IPv6 address is not closed"};
        result.host = checked_ipv6(text.substr(1, end - 1));
        rest = text.substr(end + 1);
        if (!rest.empty() && rest[0] != ':') throw Bad{"the host is followed by something that is no port"};
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        rest = text.substr(colon);
        if (rest.find(':', 1) != std::string_view::npos)
            throw Bad{"the host holds more than one colon",
                      "An IPv6 address goes in brackets: redis://[::1]:6379."};
        result.host = checked_name(text.substr(0, colon));
    }
    result.port = rest.empty() ? default_port : parse_port(rest.substr(1));
    return result;
}

void parse_hosts(std::string_view text, std::uint16_t default_port, Url& url) {
    const bool several = url.kind == UrlKind::sentinel || url.kind == UrlKind::cluster;
    if (!several && text.find(',') != std::string_view::npos)
        throw Bad{"only one host can be named",
                  "Several go in redis+cluster://h1,h2 or redis+sentinel://h1,h2/SERVICE."};
    for (;;) {
        const std::size_t comma = several ? text.find(',') : std::string_view::npos;
        url.hosts.push_back(parse_host(text.substr(0, comma), default_port));
        if (comma == std::string_view::npos) return;
        text.remove_prefix(comma + 1);
    }
}

void parse_credentials(std::string_view text, Url& url) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    std::string user = decode(text.substr(0, colon), "user");
    if (!user.empty()) url.user = std::move(user);
    if (colon == text.size()) return;
    std::string password = decode(text.substr(colon + 1), "password");
    if (!password.empty() || url.user) url.password = std::move(password);
}

void set_database(Url& url, unsigned database) {
    if (url.database && *url.database != database) throw Bad{"two databases are named"};
    if (url.kind == UrlKind::cluster && database != 0) throw Bad{"a cluster has database 0 only"};
    url.database = database;
}

void set_certificate_check(RedisParameters& parameters, std::string_view value) {
    const std::string word = lower(value.starts_with("CERT_") ? value.substr(5) : value);
    if (word != "none" && word != "optional" && word != "required")
        throw Bad{"ssl_cert_reqs is not none, optional or required"};
    parameters.accept_any_certificate = word == "none";
}

void set_timeout(RedisParameters& parameters, std::string_view value) {
    if (lower(value) == "none" || value.empty()) return;
    const auto seconds = core::read_number(value);
    if (!seconds || !(*seconds >= 0.001) || *seconds > 86400)
        throw Bad{"socket_timeout is not a number of seconds"};
    parameters.timeout = core::Nanoseconds(std::llround(*seconds * 1e9));
}

void set_parameter(Url& url, RedisParameters& parameters, std::string_view name, std::string_view value) {
    switch (url_parameter(name)) {
    case UrlParameter::database:
        return set_database(url, parse_database(value));
    case UrlParameter::user:
        if (url.user) throw Bad{"two users are given"};
        if (!value.empty()) url.user = decode(value, "user");
        return;
    case UrlParameter::password:
        if (url.password) throw Bad{"two passwords are given"};
        url.password = decode(value, "password");
        return;
    case UrlParameter::certificate_check:
        return set_certificate_check(parameters, value);
    case UrlParameter::ca_file:
        parameters.ca_file = decode_printable(value, "ssl_ca_certs");
        return;
    case UrlParameter::timeout:
        return set_timeout(parameters, value);
    case UrlParameter::ignored:
        parameters.ignored.emplace_back(name);
        return;
    case UrlParameter::unknown:
        throw Bad{
            "it has a parameter that is not known",
            "A redis URL takes ?db=N, ?password=TEXT and the parameters of the services' clients; TLS is "
            "meant by rediss://."};
    }
}

/// `db=N&password=…`, as the services' own clients take them.
void parse_redis_query(std::string_view query, Url& url, RedisParameters& parameters) {
    while (!query.empty()) {
        const std::string_view parameter = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(parameter.size() + 1, query.size()));
        const std::size_t equals = std::min(parameter.find('='), parameter.size());
        set_parameter(url, parameters, parameter.substr(0, equals),
                      parameter.substr(std::min(equals + 1, parameter.size())));
    }
}

/// Takes `?…` off the end; a `#` has no meaning to these servers and is refused.
std::string_view take_query(std::string_view& rest) {
    if (rest.find('#') != std::string_view::npos) throw Bad{"it has a # part", "Write %23 for a #."};
    const std::size_t mark = rest.find('?');
    if (mark == std::string_view::npos) return {};
    const std::string_view query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
    return query;
}

/// Where credentials may end: an @ in a password that the query gives is not the last one meant.
std::string_view before_query(std::string_view rest) {
    return rest.substr(0, begin_of_query(rest));
}

void parse_redis(std::string_view rest, const Scheme& scheme, Url& url, RedisParameters& parameters) {
    if (const std::size_t at = before_query(rest).rfind('@'); at != std::string_view::npos) {
        parse_credentials(rest.substr(0, at), url);
        rest.remove_prefix(at + 1);
    }
    const std::string_view query = take_query(rest);
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    parse_hosts(rest.substr(0, slash), scheme.default_port, url);
    std::string_view path = rest.substr(std::min(slash + 1, rest.size()));
    if (url.kind == UrlKind::sentinel) {
        const std::size_t end = std::min(path.find('/'), path.size());
        url.service = decode_printable(path.substr(0, end), "service");
        if (url.service.empty())
            throw Bad{"the service's name is missing", "Write redis+sentinel://HOST:PORT/SERVICE."};
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    if (!path.empty()) set_database(url, parse_database(path));
    parse_redis_query(query, url, parameters);
}

void parse_unix(std::string_view rest, Url& url, RedisParameters& parameters) {
    if (!rest.starts_with('/')) {
        const std::size_t at = before_query(rest).rfind("@/");
        if (at == std::string_view::npos)
            throw Bad{"the socket's path is missing or not absolute", "Write unix:///path/to/redis.sock."};
        parse_credentials(rest.substr(0, at), url);
        rest.remove_prefix(at + 1);
    }
    const std::string_view query = take_query(rest);
    url.path = decode_printable(rest, "path");
    if (url.path == "/") throw Bad{"the socket's path is missing", "Write unix:///path/to/redis.sock."};
    parse_redis_query(query, url, parameters);
}

void parse_sqlite(std::string_view rest, Url& url) {
    if (rest.find_first_of("?#") != std::string_view::npos)
        throw Bad{"a sqlite URL is a path and nothing else",
                  "Write %3F for a ? and %23 for a # in the name."};
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        if (!rest.starts_with('/'))
            throw Bad{"a host where a path should be", "Write sqlite:PATH without slashes before it."};
    }
    url.path = decode_printable(rest, "path");
    // Several slashes in front mean one to the system, but a host in a URL.
    if (url.path.starts_with("//"))
        url.path.erase(0, std::min(url.path.find_first_not_of('/'), url.path.size()) - 1);
    if (url.path.empty()) throw Bad{"the file's path is missing", "Write sqlite:PATH."};
}

void parse_http(std::string_view rest, const Scheme& scheme, Url& url) {
    rest = rest.substr(0, rest.find('#'));
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    std::string_view authority = rest.substr(0, end);
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        parse_credentials(authority.substr(0, at), url);
        authority.remove_prefix(at + 1);
    }
    parse_hosts(authority, scheme.default_port, url);
    url.target = rest.substr(end);
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    if (url.target.find(' ') != std::string::npos) throw Bad{"it holds a space", "Write %20 for a space."};
    // Everything printable in ASCII stays as it is; servers refuse raw bytes beyond it.
    url.target = percent_encode(url.target, "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}");
}

Url parse(std::string_view text, RedisParameters& parameters) {
    if (text.size() > k_longest_url) throw Bad{"it is longer than 65536 bytes"};
    if (std::any_of(text.begin(), text.end(), is_control)) throw Bad{"it holds a control character"};
    if (is_stack_exchange(text)) {
        const StackExchange translated = translate_stack_exchange(text);
        if (!translated.error.empty()) throw Bad{translated.error, translated.remedy};
        return parse(translated.url, parameters);
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) throw Bad{"it has no scheme", known_schemes()};
    Url url;
    url.scheme = lower(text.substr(0, colon));
    const Scheme* scheme = find_scheme(url.scheme);
    if (scheme == nullptr)
        throw Bad{"the scheme is unknown",
                  text.find("//") == std::string_view::npos
                      ? "A server is written redis://HOST:PORT, or rediss:// with TLS."
                      : known_schemes()};
    url.kind = scheme->kind;
    url.tls = scheme->tls;
    std::string_view rest = text.substr(colon + 1);
    if (url.kind == UrlKind::sqlite) {
        parse_sqlite(rest, url);
        return url;
    }
    if (!rest.starts_with("//")) throw Bad{"// is missing after the scheme"};
    rest.remove_prefix(2);
    if (url.kind == UrlKind::http)
        parse_http(rest, *scheme, url);
    else if (url.kind == UrlKind::unix_socket)
        parse_unix(rest, url, parameters);
    else
        parse_redis(rest, *scheme, url, parameters);
    return url;
}

} // namespace

Url parse_url(std::string_view text) {
    RedisParameters parameters;
    try {
        return parse(text, parameters);
    } catch (const Bad& bad) {
        throw core::Error(core::ExitCode::usage,
                          fmt::format("bad URL: {}: {}", redact_broken_url(text), bad.why), bad.remedy);
    }
}

RedisParameters redis_parameters(std::string_view url) {
    parse_url(url);
    RedisParameters parameters;
    parse(url, parameters);
    return parameters;
}

std::string redact_url_text(std::string_view text) {
    RedisParameters parameters;
    try {
        return parse(text, parameters).redacted();
    } catch (const Bad&) {
        return redact_broken_url(text);
    }
}

} // namespace roacache::net
