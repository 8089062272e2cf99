#include "src/http/request.hpp"

#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/net/http_token.hpp"
#include "src/output/text.hpp"

#include <algorithm>

namespace roacache::http {
namespace {

[[noreturn]] void refuse_request(const std::string& message, const std::string& remedy = {}) {
    throw core::Error(core::ExitCode::usage, message, remedy);
}

const std::string* find(const Headers& headers, std::string_view name) {
    const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& header) {
        return core::equal_ignoring_case(header.first, name);
    });
    return found == headers.end() ? nullptr : &found->second;
}

bool one_of(std::string_view method, std::initializer_list<std::string_view> methods) {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
}

void check(const RequestSpec& spec) {
    if (!net::is_token(spec.method))
        refuse_request("bad method: " + output::printable(spec.method) + ": not a word");
    if (spec.method == "CONNECT") refuse_request("bad method: CONNECT: a tunnel cannot be measured");
    const auto breaks_line = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
    if (std::any_of(spec.url.target.begin(), spec.url.target.end(), breaks_line))
        refuse_request("bad URL: " + output::printable(spec.url.redacted()) +
                           ": spaces or control characters in it",
                       "Write a space as %20.");
    for (const auto& [name, value] : spec.headers) {
        if (!net::is_token(name))
            refuse_request("bad header: " + output::printable(name) + ": not a header's name");
        if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            refuse_request("bad header: " + name + ": a line end or NUL in its value");
    }
}

std::string host_value(const net::Url& url) {
    const net::HostPort& host = url.hosts.front();
    const std::string text = host.text();
    const bool default_port = host.port == (url.tls ? 443 : 80);
    return default_port ? text.substr(0, text.rfind(':')) : text;
}

/// Those that are added first, then the user's.
Headers complete_headers(const RequestSpec& spec) {
    Headers headers;
    const auto add_default = [&](const char* name, const std::string& value) {
        if (!find(spec.headers, name)) headers.emplace_back(name, value);
    };
    add_default("Host", host_value(spec.url));
    add_default("User-Agent", "roacache/" ROACACHE_VERSION);
    add_default("Accept", "*/*");
    if (spec.url.user || spec.url.password)
        add_default("Authorization", "Basic " + output::base64(spec.url.user.value_or("") + ":" +
                                                               spec.url.password.value_or("")));
    const bool sized = !spec.body.empty() || one_of(spec.method, {"POST", "PUT", "PATCH"});
    if (sized && !find(spec.headers, "Transfer-Encoding"))
        add_default("Content-Length", std::to_string(spec.body.size()));
    headers.insert(headers.end(), spec.headers.begin(), spec.headers.end());
    return headers;
}

std::string http1_bytes(const RequestSpec& spec) {
    std::string bytes = spec.method + " " + spec.url.target + " HTTP/1.1\r\n";
    for (const auto& [name, value] : complete_headers(spec))
        bytes.append(name).append(": ").append(value).append("\r\n");
    return bytes + "\r\n" + spec.body;
}

Headers http2_fields(const RequestSpec& spec) {
    Headers fields{{":method", spec.method},
                   {":scheme", spec.url.tls ? "https" : "http"},
                   {":authority", ""},
                   {":path", spec.url.target}};
    for (const auto& [name, value] : complete_headers(spec)) {
        std::string field = name;
        field = core::to_lower(field);
        const std::string_view text = core::trimmed(value);
        if (one_of(field, {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
                           "http2-settings"}) ||
            (field == "te" && !core::equal_ignoring_case(text, "trailers")))
            refuse_request("bad header: " + name + ": there is none in HTTP/2", "Leave it or --http2 away.");
        if (field == "host")
            fields[2].second = text;
        else
            fields.emplace_back(field, text);
    }
    return fields;
}

} // namespace

Request build_request(const RequestSpec& spec, Protocol protocol) {
    check(spec);
    Request request;
    if (protocol == Protocol::http1) {
        request.bytes = http1_bytes(spec);
    } else {
        request.fields = http2_fields(spec);
        request.body = spec.body;
    }
    request.head = spec.method == "HEAD";
    request.idempotent = one_of(spec.method, {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"});
    const std::string* connection = find(spec.headers, "Connection");
    request.close = connection && core::equal_ignoring_case(core::trimmed(*connection), "close");
    return request;
}

} // namespace roacache::http
