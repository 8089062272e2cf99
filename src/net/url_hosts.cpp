#include "src/net/url_hosts.hpp"

#include "src/net/url_parameters.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <fmt/format.h>

namespace roacache::net {
namespace {

constexpr std::size_t k_longest_host = 253;

std::uint16_t parse_port(std::string_view text) {
    const auto port = digits_of(text);
    if (!port || *port < 1 || *port > 65535) throw BadUrl{"the port is not a number from 1 to 65535"};
    return static_cast<std::uint16_t>(*port);
}

std::string checked_ipv6(std::string_view encoded) {
    std::string address = decode_part(encoded, "host");
    const std::size_t zone = address.find('%');
    in6_addr binary;
    if (address.find('\0') != std::string::npos ||
        inet_pton(AF_INET6, address.substr(0, zone).c_str(), &binary) != 1)
        throw BadUrl{"what stands in brackets is not an IPv6 address"};
    if (zone != std::string::npos &&
        (zone + 1 == address.size() || percent_encode(address.substr(zone + 1)) != address.substr(zone + 1)))
        throw BadUrl{"the zone of the IPv6 address is not a name"};
    return address;
}

std::string checked_name(std::string_view encoded) {
    std::string name = decode_part(encoded, "host");
    if (name.empty())
        throw BadUrl{"the host is missing",
                     "An unset variable? No host is assumed: 127.0.0.1 is written out."};
    if (name.size() > k_longest_host) throw BadUrl{"the host is longer than 253 bytes"};
    if (percent_encode(name) != name || name.find('~') != std::string::npos)
        throw BadUrl{
            "the host holds a character that no host name has",
            name.find('$') != std::string::npos
                ? "A variable was not replaced by its value: the shell does that outside of single quotes."
                : "International names are written in their xn-- form."};
    return name;
}

HostPort parse_host(std::string_view text, std::uint16_t default_port) {
    HostPort result;
    std::string_view rest;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) throw BadUrl{"the bracket of the IPv6 address is not closed"};
        result.host = checked_ipv6(text.substr(1, end - 1));
        rest = text.substr(end + 1);
        if (!rest.empty() && rest[0] != ':')
            throw BadUrl{"the host is followed by something that is no port"};
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        rest = text.substr(colon);
        if (rest.find(':', 1) != std::string_view::npos)
            throw BadUrl{"the host holds more than one colon",
                         "An IPv6 address goes in brackets: redis://[::1]:6379."};
        result.host = checked_name(text.substr(0, colon));
    }
    result.port = rest.size() <= 1 ? default_port : parse_port(rest.substr(1));
    return result;
}

constexpr std::string_view k_encode_remedy =
    "In a password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, ; as %3B and a space as %20.";

/// Whether a text without an @ can be meant as the address itself, its host perhaps forgotten.
bool may_be_address(std::string_view text, bool several) {
    if (text.empty() || text.starts_with(':')) {
        const auto port = digits_of(text.substr(std::min<std::size_t>(1, text.size())));
        return text.size() < 2 || (port && *port >= 1 && *port <= 65535);
    }
    try {
        parse_hosts(text, 1, several);
        return true;
    } catch (const BadUrl&) {
        return false;
    }
}

[[noreturn]] void refuse_ambiguous() {
    throw BadUrl{"an @ behind the address makes it ambiguous", std::string(k_encode_remedy)};
}

} // namespace

std::string decode_part(std::string_view text, std::string_view what) {
    auto decoded = percent_decode(text);
    if (!decoded)
        throw BadUrl{fmt::format("a % in the {} is not followed by two hex digits", what),
                     "Write %25 for a %."};
    return *std::move(decoded);
}

std::optional<unsigned> digits_of(std::string_view text) {
    unsigned value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return {};
    return value;
}

std::vector<HostPort> parse_hosts(std::string_view text, std::uint16_t default_port, bool several) {
    if (!several && text.find(',') != std::string_view::npos)
        throw BadUrl{"only one host can be named",
                     "Several go in redis+cluster://h1,h2 or redis+sentinel://h1,h2/SERVICE."};
    std::vector<HostPort> hosts;
    for (;;) {
        const std::size_t comma = several ? text.find(',') : std::string_view::npos;
        hosts.push_back(parse_host(text.substr(0, comma), default_port));
        if (comma == std::string_view::npos) return hosts;
        text.remove_prefix(comma + 1);
    }
}

SplitAddress split_address(std::string_view text, bool several) {
    const std::string_view before_query = text.substr(0, begin_of_query(text));
    const std::size_t cut = std::min(before_query.find_first_of("/?#"), before_query.size());
    const std::string_view head = text.substr(0, cut);
    const std::size_t last = before_query.rfind('@');
    if (last == std::string_view::npos) return {std::nullopt, text};
    const std::size_t at = head.rfind('@');
    if (at != std::string_view::npos) {
        parse_hosts(head.substr(at + 1), 1, several);
        if (last > cut) refuse_ambiguous();
        return {text.substr(0, at), text.substr(at + 1)};
    }
    if (may_be_address(head, several) || before_query.find('@') != last) refuse_ambiguous();
    return {text.substr(0, last), text.substr(last + 1)};
}

void check_credentials(std::string_view credentials) {
    if (credentials.find("://") != std::string_view::npos)
        throw BadUrl{"its credentials hold another URL", std::string(k_encode_remedy)};
    const std::size_t at = credentials.find('@');
    const bool several = at != std::string_view::npos && credentials.find(',', at) != std::string_view::npos;
    if (several || credentials.find_first_of("; ") != std::string_view::npos)
        throw BadUrl{"its credentials hold a character that ends them for most readers",
                     std::string(k_encode_remedy)};
}

} // namespace roacache::net
