#include "src/bench/model/question.hpp"

#include "src/core/ascii.hpp"
#include "src/core/secret.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/core.h>
#include <string_view>
#include <xxhash.h>

namespace roacache::bench {
namespace {

/// Too few bits to guess a secret by.
std::uint64_t short_hash(std::string_view text) {
    return XXH3_64bits(text.data(), text.size()) & 0xffffU;
}

/// Of a header, in lower case, by which services tell one request from another: it is no part of what is
/// asked.
bool traces_requests(std::string_view name) {
    constexpr std::string_view k_words[] = {"trace",       "request-id", "requestid", "correlation",
                                            "idempotency", "span-id",    "spanid"};
    return name == "b3" || std::any_of(std::begin(k_words), std::end(k_words), [&](std::string_view word) {
               return name.find(word) != std::string_view::npos;
           });
}

/// As a header's value, whatever it is called, may tell.
bool is_secret(const std::string& name, const std::string& value) {
    const std::string header = name + ": " + value;
    return core::redacted_header(header) != header;
}

} // namespace

std::string asked_by(const http::RequestSpec& request, const ParameterList& parameters) {
    std::string asked = request.method;
    if (!request.body.empty())
        asked += fmt::format(" {} bytes {:04x}", request.body.size(), short_hash(request.body));
    for (const Parameter* parameter : used_by(request, parameters)) {
        asked += fmt::format(" {}", describe({parameter}));
        std::string values;
        for (const std::string& value : parameter->values)
            values += value + '\0';
        if (parameter->has_values()) asked += fmt::format(" {:04x}", short_hash(values));
    }
    return asked;
}

std::vector<std::string> headers_of(const http::RequestSpec& request) {
    std::vector<std::string> headers;
    for (const auto& [written, value] : request.headers) {
        const std::string name = core::to_lower(written);
        if (name == "connection" || (name == "accept" && value == "*/*")) continue;
        const bool name_only = traces_requests(name) || is_secret(written, value);
        headers.push_back(name_only ? name : fmt::format("{} {:04x}", name, short_hash(value)));
    }
    constexpr const char* k_credentials = "authorization";
    const bool of_url = request.url.user || request.url.password;
    if (of_url && std::find(headers.begin(), headers.end(), k_credentials) == headers.end())
        headers.emplace_back(k_credentials);
    std::sort(headers.begin(), headers.end());
    return headers;
}

bool keeps_alive(const http::RequestSpec& request) {
    return std::none_of(request.headers.begin(), request.headers.end(), [](const auto& header) {
        return core::equal_ignoring_case(header.first, "Connection") &&
               core::equal_ignoring_case(core::trimmed(header.second), "close");
    });
}

} // namespace roacache::bench
