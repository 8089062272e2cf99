#include "src/bench/request.hpp"

#include "src/bench/text.hpp"
#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <algorithm>

namespace roacache::bench {
namespace {

[[noreturn]] void refuse_request(const std::string& message, const std::string& remedy = {}) {
    throw core::Error(core::ExitCode::usage, message, remedy);
}

const std::string* find(const Headers& headers, std::string_view name) {
    const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& header) {
        return equal_ignoring_case(header.first, name);
    });
    return found == headers.end() ? nullptr : &found->second;
}

bool one_of(std::string_view method, std::initializer_list<std::string_view> methods) {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
}

void check(const RequestSpec& spec) {
    if (!is_token(spec.method))
        refuse_request("bad method: " + output::printable(spec.method) + ": not a word");
    if (spec.method == "CONNECT") refuse_request("bad method: CONNECT: a tunnel cannot be measured");
    const auto breaks_line = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
    if (std::any_of(spec.url.target.begin(), spec.url.target.end(), breaks_line))
        refuse_request("bad URL: " + output::printable(spec.url.redacted()) +
                           ": spaces or control characters in it",
                       "Write a space as %20.");
    for (const auto& [name, value] : spec.headers) {
        if (!is_token(name))
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

} // namespace

Request build_request(const RequestSpec& spec) {
    check(spec);
    Request request;
    std::string& bytes = request.bytes;
    const auto add = [&bytes](std::string_view name, std::string_view value) {
        bytes.append(name).append(": ").append(value).append("\r\n");
    };
    const auto add_default = [&](std::string_view name, const std::string& value) {
        if (!find(spec.headers, name)) add(name, value);
    };
    bytes = spec.method + " " + spec.url.target + " HTTP/1.1\r\n";
    add_default("Host", host_value(spec.url));
    add_default("User-Agent", "roacache/" ROACACHE_VERSION);
    add_default("Accept", "*/*");
    if (spec.url.user || spec.url.password)
        add_default("Authorization", "Basic " + output::base64(spec.url.user.value_or("") + ":" +
                                                               spec.url.password.value_or("")));
    const bool sized = !spec.body.empty() || one_of(spec.method, {"POST", "PUT", "PATCH"});
    if (sized && !find(spec.headers, "Transfer-Encoding"))
        add_default("Content-Length", std::to_string(spec.body.size()));
    for (const auto& [name, value] : spec.headers)
        add(name, value);
    bytes += "\r\n";
    bytes += spec.body;

    request.head = spec.method == "HEAD";
    request.idempotent = one_of(spec.method, {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"});
    const std::string* connection = find(spec.headers, "Connection");
    request.close = connection && equal_ignoring_case(trimmed(*connection), "close");
    return request;
}

} // namespace roacache::bench
