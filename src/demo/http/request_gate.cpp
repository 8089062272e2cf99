#include "src/demo/http/request_gate.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <optional>

namespace roacache::demo {
namespace {

/// The name or address of `HOST[:PORT]`, lower case, without brackets and a dot at the end; nothing for what
/// is none.
std::optional<std::string> name_of(std::string_view host) {
    std::string_view name = host, port;
    if (host.starts_with('[')) {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        name = host.substr(1, end - 1);
        port = host.substr(end + 1);
    } else if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
        name = host.substr(0, colon);
        port = host.substr(colon);
    }
    const bool sound_port = port.empty() || (port.front() == ':' && port.size() <= 6 &&
                                             std::all_of(port.begin() + 1, port.end(),
                                                         [](char c) { return c >= '0' && c <= '9'; }));
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty() || !sound_port) return std::nullopt;
    return core::to_lower(name);
}

bool is_json(std::string_view content_type) {
    std::string_view type = content_type.substr(0, content_type.find(';'));
    type = type.substr(0, type.find_last_not_of(" \t") + 1);
    const std::string word = core::to_lower(type);
    return word == "application/json" || (word.starts_with("application/") && word.ends_with("+json"));
}

/// Whether the page is the service's own: reached by the same name and port.
bool same_origin(std::string_view origin, std::string_view host) {
    const std::size_t scheme = origin.find("://");
    return scheme != std::string_view::npos &&
           core::to_lower(origin.substr(scheme + 3)) == core::to_lower(host) &&
           (core::to_lower(origin.substr(0, scheme)) == "http" ||
            core::to_lower(origin.substr(0, scheme)) == "https");
}

bool changes_something(std::string_view method) {
    return method != "GET" && method != "HEAD" && method != "OPTIONS" && method != "TRACE";
}

} // namespace

bool is_loopback(const std::string& address) {
    in_addr v4{};
    if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24U == 127;
    in6_addr v6{};
    return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

RequestGate::RequestGate(std::vector<std::string> names) {
    for (const std::string& name : names)
        names_.push_back(core::to_lower(name));
}

bool RequestGate::names_service(std::string_view host, std::string_view local_address) const {
    const auto name = name_of(host);
    if (!name) return false;
    return *name == "localhost" || is_loopback(*name) || (!name->empty() && *name == local_address) ||
           std::find(names_.begin(), names_.end(), *name) != names_.end();
}

Refusal RequestGate::check(const RequestOrigin& request) const {
    if (request.has_host && !names_service(request.host, request.local_address))
        return {421, "the Host is none that this service listens on; --allow-host NAME adds one"};
    if (!changes_something(request.method)) return {};
    if (!request.origin.empty() && !same_origin(request.origin, request.host))
        return {403, "a page of another origin may not change anything here"};
    if (!request.fetch_site.empty() && request.fetch_site != "same-origin" && request.fetch_site != "none")
        return {403, "a page of another site may not change anything here"};
    if (!is_json(request.content_type) && (request.has_body || !request.content_type.empty()))
        return {415, "the body has to be JSON: Content-Type: application/json"};
    return {};
}

} // namespace roacache::demo
