#include "src/net/url.hpp"

#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"
#include "src/net/redact.hpp"
#include "src/net/redis_parameters.hpp"
#include "src/net/scheme.hpp"
#include "src/net/stack_exchange.hpp"
#include "src/net/url_hosts.hpp"
#include "src/net/url_parameters.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace roacache::net {
namespace {

constexpr std::size_t k_longest_url = 65536;
constexpr unsigned k_highest_database = 2147483647;

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string known_schemes() {
    std::string list;
    for (const Scheme& scheme : schemes()) {
        if (scheme.alias) continue;
        list += fmt::format("{}{}{}", list.empty() ? "" : ", ", scheme.name,
                            scheme.kind == UrlKind::sqlite ? ":PATH" : "://");
    }
    return "Known are " + list + ".";
}

/// For the parts that go to the system or are printed: none may hold control bytes, NUL above all.
std::string decode_printable(std::string_view text, std::string_view what) {
    std::string decoded = decode_part(text, what);
    if (std::any_of(decoded.begin(), decoded.end(), is_control))
        throw BadUrl{fmt::format("the {} holds a control character", what)};
    return decoded;
}

unsigned parse_database(std::string_view text) {
    const auto database = digits_of(text);
    if (!database || *database > k_highest_database) throw BadUrl{"the database is not a number"};
    return *database;
}

void parse_credentials(std::string_view text, Url& url) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    std::string user = decode_part(text.substr(0, colon), "user");
    if (!user.empty()) url.user = std::move(user);
    if (colon == text.size()) return;
    std::string password = decode_part(text.substr(colon + 1), "password");
    if (!password.empty() || url.user) url.password = std::move(password);
}

void set_database(Url& url, unsigned database) {
    if (url.database && *url.database != database) throw BadUrl{"two databases are named"};
    if (url.kind == UrlKind::cluster && database != 0) throw BadUrl{"a cluster has database 0 only"};
    url.database = database;
}

void set_certificate_check(RedisParameters& parameters, std::string_view value) {
    const std::string word = core::to_lower(value.starts_with("CERT_") ? value.substr(5) : value);
    if (word != "none" && word != "optional" && word != "required")
        throw BadUrl{"ssl_cert_reqs is not none, optional or required"};
    parameters.accept_any_certificate = word == "none";
}

void set_timeout(RedisParameters& parameters, std::string_view value) {
    if (core::to_lower(value) == "none" || value.empty()) return;
    const auto seconds = core::read_number(value);
    if (!seconds || !(*seconds >= 0.001) || *seconds > 86400)
        throw BadUrl{"socket_timeout is not a number of seconds"};
    parameters.timeout = core::Nanoseconds(std::llround(*seconds * 1e9));
}

void set_parameter(Url& url, RedisParameters& parameters, std::string_view name, std::string_view value) {
    switch (url_parameter(name)) {
    case UrlParameter::database:
        return set_database(url, parse_database(value));
    case UrlParameter::user:
        if (url.user) throw BadUrl{"two users are given"};
        if (!value.empty()) url.user = decode_part(value, "user");
        return;
    case UrlParameter::password:
        if (url.password) throw BadUrl{"two passwords are given"};
        url.password = decode_part(value, "password");
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
        throw BadUrl{
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
    if (rest.find('#') != std::string_view::npos) throw BadUrl{"it has a # part", "Write %23 for a #."};
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
    const bool several = url.kind == UrlKind::sentinel || url.kind == UrlKind::cluster;
    const SplitAddress split = split_address(rest, several);
    if (split.credentials) {
        check_credentials(*split.credentials);
        parse_credentials(*split.credentials, url);
    }
    rest = split.rest;
    const std::string_view query = take_query(rest);
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    url.hosts = parse_hosts(rest.substr(0, slash), scheme.default_port, several);
    std::string_view path = rest.substr(std::min(slash + 1, rest.size()));
    if (url.kind == UrlKind::sentinel) {
        const std::size_t end = std::min(path.find('/'), path.size());
        url.service = decode_printable(path.substr(0, end), "service");
        if (url.service.empty())
            throw BadUrl{"the service's name is missing", "Write redis+sentinel://HOST:PORT/SERVICE."};
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    while (path.ends_with('/'))
        path.remove_suffix(1);
    if (!path.empty()) set_database(url, parse_database(path));
    parse_redis_query(query, url, parameters);
}

void parse_unix(std::string_view rest, Url& url, RedisParameters& parameters) {
    if (!rest.starts_with('/')) {
        const std::size_t at = before_query(rest).rfind("@/");
        if (at == std::string_view::npos)
            throw BadUrl{"the socket's path is missing or not absolute",
                         rest.starts_with('~') ? "Write the whole path, for nothing replaces the ~ in a URL."
                                               : "Write unix:///path/to/redis.sock."};
        if (before_query(rest).find("@/") != at)
            throw BadUrl{"it is ambiguous, since @/ stands in it more than once",
                         "In a password write @ as %40 and / as %2F."};
        check_credentials(rest.substr(0, at));
        parse_credentials(rest.substr(0, at), url);
        rest.remove_prefix(at + 1);
    }
    const std::string_view query = take_query(rest);
    url.path = decode_printable(rest, "path");
    if (url.path == "/") throw BadUrl{"the socket's path is missing", "Write unix:///path/to/redis.sock."};
    parse_redis_query(query, url, parameters);
}

void parse_sqlite(std::string_view rest, Url& url) {
    constexpr std::string_view k_table = "?table=";
    const std::size_t query = rest.find('?');
    if (query != std::string_view::npos && rest.substr(query).starts_with(k_table)) {
        url.table = decode_printable(rest.substr(query + k_table.size()), "table");
        if (url.table.empty()) throw BadUrl{"the table's name is missing", "Write sqlite:PATH?table=NAME."};
        rest = rest.substr(0, query);
    }
    if (rest.find_first_of("?#") != std::string_view::npos)
        throw BadUrl{"a sqlite URL is a path, with ?table=NAME behind it at most",
                     "Write %3F for a ? and %23 for a # in the name."};
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        if (!rest.starts_with('/'))
            throw BadUrl{"a host where a path should be", "Write sqlite:PATH without slashes before it."};
    }
    url.path = decode_printable(rest, "path");
    // Several slashes in front mean one to the system, but a host in a URL.
    if (url.path.starts_with("//"))
        url.path.erase(0, std::min(url.path.find_first_not_of('/'), url.path.size()) - 1);
    if (url.path.empty()) throw BadUrl{"the file's path is missing", "Write sqlite:PATH."};
}

void parse_http(std::string_view rest, const Scheme& scheme, Url& url) {
    rest = rest.substr(0, rest.find('#'));
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    std::string_view authority = rest.substr(0, end);
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        parse_credentials(authority.substr(0, at), url);
        authority.remove_prefix(at + 1);
    }
    url.hosts = parse_hosts(authority, scheme.default_port, false);
    url.target = rest.substr(end);
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    if (url.target.find(' ') != std::string::npos) throw BadUrl{"it holds a space", "Write %20 for a space."};
    // Everything printable in ASCII stays as it is; servers refuse raw bytes beyond it.
    url.target = encode_target(url.target);
}

Url parse(std::string_view text, RedisParameters& parameters) {
    if (text.size() > k_longest_url) throw BadUrl{"it is longer than 65536 bytes"};
    if (std::any_of(text.begin(), text.end(), is_control)) throw BadUrl{"it holds a control character"};
    if (is_stack_exchange(text)) {
        const StackExchange translated = translate_stack_exchange(text);
        if (!translated.error.empty()) throw BadUrl{translated.error, translated.remedy};
        return parse(translated.url, parameters);
    }
    if (text.starts_with('/') && !text.starts_with("//"))
        return parse("unix://" + std::string(text), parameters);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) throw BadUrl{"it has no scheme", known_schemes()};
    Url url;
    url.scheme = core::to_lower(text.substr(0, colon));
    const Scheme* scheme = find_scheme(url.scheme);
    if (scheme == nullptr)
        throw BadUrl{"the scheme is unknown",
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
    const bool path_alone =
        url.kind == UrlKind::unix_socket && rest.starts_with('/') && !rest.starts_with("//");
    if (path_alone) {
        parse_unix(rest, url, parameters);
        return url;
    }
    if (!rest.starts_with("//")) throw BadUrl{"// is missing after the scheme"};
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
    } catch (const BadUrl& bad) {
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
    } catch (const BadUrl&) {
        return redact_broken_url(text);
    }
}

} // namespace roacache::net
