#pragma once

#include "src/bench/model/plan.hpp"
#include "src/http/request.hpp"

#include <string>
#include <utility>
#include <vector>

namespace roacache::commands {

/// A request as typed, but for its URL.
struct RequestOptions {
    std::vector<std::string> headers; ///< `Name: value`
    std::string method;               ///< empty: GET, with a body POST
    std::string body;                 ///< `@FILE` reads it from a file
    bool body_is_text = false;        ///< the body begins with what it begins with
    std::string type;                 ///< of the body; empty: application/json
    std::string auth;                 ///< `USER:PASS`
    std::vector<std::string> cookies; ///< `name=value`
};

/// `Name: value` as curl takes it. Throws core::Error(usage) that names the option; a secret is redacted.
std::pair<std::string, std::string> parse_header(const std::string& text, const char* option);

/// The header that proves a hit. Throws core::Error(usage) that names the option, also for one that would be
/// a secret in a report.
bench::HitHeader parse_hit_header(const std::string& text, const char* option);
bench::HitHeaders parse_hit_headers(const std::vector<std::string>& texts, const char* option);

/// Of kind http; `http://` need not be written. Throws core::Error(usage).
net::Url parse_http_url(const std::string& text);

/// A URL that is whole, or else what follows `base`. Throws core::Error(usage) with this remedy where there
/// is no base.
std::string whole_url(const std::string& url, const std::string& base, const std::string& remedy);

/// Throws core::Error(usage) for what no request can have, and for a body's file that cannot be read.
http::RequestSpec make_request(const RequestOptions& options, net::Url url);

} // namespace roacache::commands
