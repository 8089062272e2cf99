#include "src/bench/model/connect_to.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>

namespace roacache::bench {
namespace {

constexpr std::string_view k_unix = "unix:";

/// Takes what stands before the next colon, of an IPv6 address what is in its brackets, and the colon.
/// Nothing where there is no colon.
std::optional<std::string> take_part(std::string_view& text) {
    const bool bracket = text.starts_with('[');
    const std::size_t end = text.find(':', bracket ? text.find(']') : 0);
    if (end == std::string_view::npos) return {};
    std::string_view part = text.substr(0, end);
    if (bracket && part.ends_with(']')) part = part.substr(1, part.size() - 2);
    text.remove_prefix(end + 1);
    return std::string(part);
}

/// Absent where there is none; false for what is no port.
bool read_port(const std::string& text, std::optional<std::uint16_t>& port) {
    if (text.empty()) return true;
    std::uint16_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    port = number;
    return read.ec == std::errc() && read.ptr == text.data() + text.size() && number > 0;
}

std::string host_text(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string port_text(std::optional<std::uint16_t> port) {
    return port ? std::to_string(*port) : "";
}

bool may_be_host(const std::string& host) {
    return host.find_first_of(" \t\r\n/[]@") == std::string::npos && host.find('\0') == std::string::npos;
}

} // namespace

std::string ConnectTo::text() const {
    if (!unix_socket.empty()) return std::string(k_unix).append(unix_socket);
    return fmt::format("{}:{}:{}:{}", host_text(host), port_text(port), host_text(to_host),
                       port_text(to_port));
}

bool ConnectTo::fits(const net::HostPort& host_of_url) const {
    return (host.empty() || host == core::to_lower(host_of_url.host)) && (!port || *port == host_of_url.port);
}

std::optional<ConnectTo> parse_connect_to(std::string_view text) {
    ConnectTo rule;
    if (text.starts_with(k_unix)) {
        rule.unix_socket = text.substr(k_unix.size());
        return rule.unix_socket.empty() ? std::nullopt : std::optional(rule);
    }
    std::string parts[3];
    for (std::string& part : parts) {
        const auto taken = take_part(text);
        if (!taken) return {};
        part = *taken;
    }
    rule.host = core::to_lower(parts[0]);
    rule.to_host = parts[2];
    if (!read_port(parts[1], rule.port) || !read_port(std::string(text), rule.to_port)) return {};
    if (rule.to_host.empty() && !rule.to_port) return {};
    if (!may_be_host(rule.host) || !may_be_host(rule.to_host)) return {};
    return rule;
}

const ConnectTo* rule_for(const net::HostPort& host, const std::vector<ConnectTo>& rules) {
    const auto found =
        std::find_if(rules.begin(), rules.end(), [&](const ConnectTo& rule) { return rule.fits(host); });
    return found == rules.end() ? nullptr : &*found;
}

} // namespace roacache::bench
