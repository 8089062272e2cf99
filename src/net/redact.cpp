#include "src/net/redact.hpp"

#include "src/core/secret.hpp"
#include "src/net/redis_parameters.hpp"
#include "src/net/scheme.hpp"
#include "src/net/url.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace roacache::net {
namespace {

using core::k_hidden;

/// What is not escaped in the path of a printed URL.
constexpr std::string_view k_path_plain = "/:,=+*";

bool names_a_secret(std::string_view encoded_name) {
    return core::names_secret(percent_decode(encoded_name).value_or(std::string(encoded_name)));
}

/// A value that is itself a URL with credentials, or has a secret among its own parameters.
bool holds_secret(std::string_view encoded_value) {
    const std::string value = percent_decode(encoded_value).value_or(std::string(encoded_value));
    return core::redacted_text(value) != value;
}

bool plain_port(std::string_view text) {
    unsigned port = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
    return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && port >= 1 && port <= 65535;
}

/// `host`, `host:port` or `[v6]:port`, and nothing that could be a password written in the wrong place.
bool plain_host(std::string_view text) {
    constexpr std::string_view k_name = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    std::size_t end = text.find(':');
    if (text.starts_with('[')) {
        end = text.find(']');
        if (end == std::string_view::npos ||
            text.substr(1, end - 1).find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
            return false;
        ++end;
    } else if (text.substr(0, end).find_first_not_of(k_name) != std::string_view::npos || end == 0) {
        return false;
    }
    const std::string_view rest = end < text.size() ? text.substr(end) : std::string_view{};
    return rest.empty() || (rest[0] == ':' && plain_port(rest.substr(1)));
}

bool plain_authority(std::string_view text) {
    for (;;) {
        const std::size_t comma = text.find(',');
        const std::string_view host = text.substr(0, comma);
        if (!host.empty() && !plain_host(host)) return false;
        if (comma == std::string_view::npos) return true;
        text.remove_prefix(comma + 1);
    }
}

/// One line of printable ASCII, shortened when it is long.
std::string printable(std::string_view text) {
    constexpr std::size_t k_longest = 200;
    std::string shown;
    for (const char c : text.substr(0, k_longest)) {
        if (c >= 0x20 && c < 0x7f)
            shown += c;
        else
            shown += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    }
    if (text.size() > k_longest) shown += "...";
    return shown;
}

/// Digits and slashes, which is all that a database takes; what follows them may be anything.
std::string plain_path(std::string_view text) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789/"), text.size());
    if (end == text.size()) return std::string(text);
    if (text[end] == '?') return std::string(text.substr(0, end + 1)).append(k_hidden);
    return std::string(text.substr(0, 1)).append(k_hidden);
}

std::string credentials(const Url& url) {
    if (!url.user && !url.password) return {};
    if (!url.user) return fmt::format(":{}@", k_hidden);
    if (!url.password) return fmt::format("{}@", k_hidden);
    return fmt::format("{}:{}@", percent_encode(*url.user), k_hidden);
}

std::string host_in_url(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + percent_encode(host, ":") + "]";
}

std::string host_list(const Url& url) {
    std::string list;
    for (const HostPort& host : url.hosts)
        list += fmt::format("{}{}:{}", list.empty() ? "" : ",", host_in_url(host.host), host.port);
    return list;
}

std::string written(const Url& url, const std::string& credentials, const std::string& target) {
    const std::string db = url.database ? std::to_string(*url.database) : std::string{};
    switch (url.kind) {
    case UrlKind::sqlite:
        return fmt::format("{}:{}{}{}", url.scheme, percent_encode(url.path, k_path_plain),
                           url.table.empty() ? "" : "?table=", percent_encode(url.table));
    case UrlKind::unix_socket:
        return fmt::format("{}://{}{}{}{}", url.scheme, credentials, percent_encode(url.path, k_path_plain),
                           url.database ? "?db=" : "", db);
    case UrlKind::http:
        return fmt::format("{}://{}{}{}", url.scheme, credentials, url.host_header(), target);
    case UrlKind::sentinel:
        return fmt::format("{}://{}{}/{}{}{}", url.scheme, credentials, host_list(url),
                           percent_encode(url.service, "*"), url.database ? "/" : "", db);
    case UrlKind::redis:
    case UrlKind::cluster:
        break;
    }
    return fmt::format("{}://{}{}{}{}", url.scheme, credentials, host_list(url), url.database ? "/" : "", db);
}

} // namespace

std::string redact_parameters(std::string_view parameters) {
    std::string shown;
    while (!parameters.empty()) {
        const std::size_t end = std::min(parameters.find_first_of("&;?"), parameters.size());
        const std::string_view parameter = parameters.substr(0, end);
        const std::size_t equals = parameter.find('=');
        if (equals != std::string_view::npos &&
            (names_a_secret(parameter.substr(0, equals)) || holds_secret(parameter.substr(equals + 1))))
            shown.append(parameter.substr(0, equals + 1)).append(k_hidden);
        else
            shown += parameter;
        if (end < parameters.size()) shown += parameters[end];
        parameters.remove_prefix(std::min(end + 1, parameters.size()));
    }
    return shown;
}

std::string redact_target(std::string_view target) {
    const std::size_t query = target.find('?');
    if (query == std::string_view::npos) return core::redacted_text(target);
    return core::redacted_text(target.substr(0, query)) + "?" + redact_parameters(target.substr(query + 1));
}

std::string redact_broken_url(std::string_view text) {
    constexpr std::string_view k_scheme = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    const std::size_t colon = text.find("://");
    const std::size_t last_at = text.rfind('@');
    const bool has_at = last_at != std::string_view::npos;
    if (colon == std::string_view::npos) {
        return plain_host(text) ? printable(text) : std::string(k_hidden);
    }
    if (text.substr(0, colon).find_first_not_of(k_scheme) != std::string_view::npos)
        return std::string(k_hidden);
    std::string shown(text.substr(0, colon + 3));
    std::string_view rest = text.substr(colon + 3);
    if (has_at) {
        shown.append(k_hidden).append("@");
        rest = text.substr(last_at + 1);
    }
    rest = rest.substr(0, rest.find('#'));
    const std::size_t authority = std::min(rest.find_first_of("/?"), rest.size());
    if (plain_authority(rest.substr(0, authority)))
        shown.append(rest.substr(0, authority)).append(plain_path(rest.substr(authority)));
    else
        shown += k_hidden;
    return printable(shown);
}

std::string Url::redacted() const {
    Url shown = *this;
    shown.path = core::redacted_text(path);
    shown.service = core::redacted_text(service);
    return written(shown, credentials(*this), redact_target(target));
}

std::string url_text(const Url& url, const RedisParameters& parameters) {
    std::string secrets;
    if (url.user || url.password) {
        secrets = percent_encode(url.user.value_or(""));
        if (url.password) secrets += ":" + percent_encode(*url.password);
        secrets += "@";
    }
    std::string text = written(url, secrets, url.target);
    const auto add = [&](std::string_view name, const std::string& value) {
        text += fmt::format("{}{}={}", text.find('?') == std::string::npos ? "?" : "&", name, value);
    };
    if (parameters.accept_any_certificate) add("ssl_cert_reqs", "none");
    if (!parameters.ca_file.empty()) add("ssl_ca_certs", percent_encode(parameters.ca_file, "/"));
    if (parameters.timeout)
        add("socket_timeout", fmt::format("{}", static_cast<double>(parameters.timeout->count()) / 1e9));
    return text;
}

std::string Url::host_header() const {
    if (hosts.empty()) return {};
    const Scheme* known = find_scheme(scheme);
    const std::string host = host_in_url(hosts.front().host);
    return known != nullptr && known->default_port == hosts.front().port
               ? host
               : fmt::format("{}:{}", host, hosts.front().port);
}

std::string HostPort::text() const {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                               : fmt::format("[{}]:{}", host, port);
}

} // namespace roacache::net
