#include "commands/bench/request.hpp"

#include "src/bench/answers/hit_proof.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/secret.hpp"
#include "src/net/http_token.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

bool is_named(const http::Headers::value_type& header, std::string_view name) {
    return core::equal_ignoring_case(header.first, name);
}

bool has_header(const http::Headers& headers, std::string_view name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& header) { return is_named(header, name); });
}

void drop_header(http::Headers& headers, std::string_view name) {
    std::erase_if(headers, [&](const auto& header) { return is_named(header, name); });
}

} // namespace

std::pair<std::string, std::string> parse_header(const std::string& text, const char* option) {
    constexpr std::string_view k_blanks = " \t"; // a line break is refused
    const std::size_t colon = text.find(':');
    const std::string name(core::trimmed(std::string_view(text).substr(0, colon), k_blanks));
    if (colon == std::string::npos || !net::is_token(name))
        throw Error(ExitCode::usage, fmt::format("{}: {}: not a header", option, core::redacted_header(text)),
                    "Write it as 'Name: value'.");
    const std::string value(core::trimmed(std::string_view(text).substr(colon + 1), k_blanks));
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        throw Error(ExitCode::usage,
                    fmt::format("{}: {}: a header's value has no line breaks", option, name));
    return {name, value};
}

bench::HitHeader parse_hit_header(const std::string& text, const char* option) {
    if (bench::is_hit_header_alone(text)) return bench::HitHeader{text, {}};
    const auto [name, value] = parse_header(text, option);
    if (value.empty())
        throw Error(ExitCode::usage, fmt::format("{}: '{}': no value", option, name),
                    "Write it as 'X-Cache: HIT', or Age, X-Varnish or X-Cache-Hits without a value.");
    if (const std::string shown = core::redacted_header(text); shown != text)
        throw Error(ExitCode::usage, fmt::format("{}: {}: it would be a secret in a report", option, shown),
                    "Name a header that says only whether the answer came from the cache.");
    return bench::HitHeader{name, value};
}

bench::HitHeaders parse_hit_headers(const std::vector<std::string>& texts, const char* option) {
    bench::HitHeaders headers;
    for (const std::string& text : texts)
        headers.push_back(parse_hit_header(text, option));
    return headers;
}

net::Url parse_http_url(const std::string& text) {
    net::Url url = net::parse_url(text.find("://") == std::string::npos ? "http://" + text : text);
    if (url.kind != net::UrlKind::http)
        throw Error(ExitCode::usage,
                    fmt::format("bad URL: {}: bench measures http:// and https://", url.redacted()));
    return url;
}

std::string whole_url(const std::string& url, const std::string& base, const std::string& remedy) {
    const std::size_t scheme = url.find("://");
    if (scheme != std::string::npos && url.find_first_of("/?#") > scheme) return url;
    if (base.empty())
        throw Error(ExitCode::usage, fmt::format("'{}' is no whole URL, and there is no base URL", url),
                    remedy);
    const std::string_view without_slash = std::string_view(base).substr(0, base.find_last_not_of('/') + 1);
    return fmt::format("{}{}{}", without_slash, url.starts_with('/') ? "" : "/", url);
}

http::RequestSpec make_request(const RequestOptions& options, net::Url url) {
    http::RequestSpec spec;
    spec.url = std::move(url);
    for (const std::string& header : options.headers)
        spec.headers.push_back(parse_header(header, "-H"));
    if (!options.auth.empty()) {
        if (options.auth.find(':') == std::string::npos)
            throw Error(ExitCode::usage, "-A: credentials are written user:password");
        drop_header(spec.headers, "Authorization");
        spec.headers.emplace_back("Authorization", "Basic " + output::base64(options.auth));
    }
    std::string cookies;
    for (const std::string& cookie : options.cookies)
        cookies += (cookies.empty() ? "" : "; ") + cookie;
    if (!cookies.empty()) {
        drop_header(spec.headers, "Cookie");
        spec.headers.push_back(parse_header("Cookie: " + cookies, "-C"));
    }
    const bool of_file = options.body.starts_with('@') && !options.body_is_text;
    spec.body = of_file ? core::read_file(options.body.substr(1)) : options.body;
    spec.method = !options.method.empty() ? options.method : spec.body.empty() ? "GET" : "POST";
    if (!std::all_of(spec.method.begin(), spec.method.end(),
                     [](unsigned char c) { return std::isalpha(c) != 0 || c == '-'; }))
        throw Error(ExitCode::usage, fmt::format("-m: '{}': not a method", spec.method));
    if (!options.type.empty())
        spec.headers.push_back(parse_header("Content-Type: " + options.type, "-T"));
    else if (!spec.body.empty() && !has_header(spec.headers, "Content-Type"))
        spec.headers.emplace_back("Content-Type", "application/json");
    return spec;
}

} // namespace roacache::commands
