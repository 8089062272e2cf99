#include "src/bench/model/uncached_method.hpp"

#include "src/core/ascii.hpp"
#include "src/core/secret.hpp"
#include "src/net/redact.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

namespace roacache::bench {
namespace {

template <typename Method>
const Method* find(const UncachedMethods& methods) {
    for (const UncachedMethod& method : methods)
        if (const auto* found = std::get_if<Method>(&method)) return found;
    return nullptr;
}

bool is_cookie(const http::Headers::value_type& header) {
    return core::equal_ignoring_case(header.first, "Cookie");
}

std::string_view name_of_cookie(std::string_view cookie) {
    return core::trimmed(cookie.substr(0, cookie.find('=')));
}

/// The cookies `a=1; b=2` of all Cookie headers, one by one.
std::vector<std::string> cookies_of(const http::Headers& headers) {
    std::vector<std::string> cookies;
    for (const auto& header : headers) {
        if (!is_cookie(header)) continue;
        for (std::string_view rest = header.second; !rest.empty();) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            if (const auto cookie = core::trimmed(rest.substr(0, end)); !cookie.empty())
                cookies.emplace_back(cookie);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return cookies;
}

/// One Cookie header: of a request's cookies those whose names are not among the added ones, and all added.
/// Adding none, as by `Cookie:`, means to send none.
std::string joined_cookies(const http::Headers& request, const http::Headers& by) {
    const std::vector<std::string> added = cookies_of(by);
    std::vector<std::string> cookies = added.empty() ? added : cookies_of(request);
    std::erase_if(cookies, [&](const std::string& cookie) {
        return std::any_of(added.begin(), added.end(), [&](const std::string& other) {
            return name_of_cookie(other) == name_of_cookie(cookie);
        });
    });
    cookies.insert(cookies.end(), added.begin(), added.end());
    return fmt::format("{}", fmt::join(cookies, "; "));
}

/// Those of the request whose names are among the added ones are dropped, and all that are added are sent.
void change_headers(const http::Headers& by, http::Headers& headers) {
    const auto cookie = std::find_if(by.begin(), by.end(), is_cookie);
    const std::string cookies = cookie == by.end() ? "" : joined_cookies(headers, by);
    std::erase_if(headers, [&](const auto& header) {
        return std::any_of(by.begin(), by.end(), [&](const auto& other) {
            return core::equal_ignoring_case(other.first, header.first);
        });
    });
    for (auto header = by.begin(); header != by.end(); ++header)
        if (!is_cookie(*header))
            headers.push_back(*header);
        else if (header == cookie)
            headers.emplace_back(header->first, cookies);
}

void change(const ChangedRequest& by, http::RequestSpec& request) {
    if (by.url) request.url = *by.url;
    for (const std::string& query : by.queries)
        request.url.target += (request.url.target.find('?') == std::string::npos ? '?' : '&') + query;
    change_headers(by.headers, request.headers);
}

std::string describe(const store::ManagementSwitch& by) {
    return fmt::format("the {} switch of the management API at {}",
                       by.scope == store::ManagementSwitch::Scope::user ? "user" : "global",
                       by.base.redacted());
}

std::string describe(const ShellHooks& by) {
    return "the command " + core::redacted_shell_command(by.off);
}

/// All methods, and behind them that a URL of its own is asked, in these words.
std::string describe(const UncachedMethods& methods, const std::string& its_url) {
    std::string text;
    const auto add = [&](const std::string& what) { text += (text.empty() ? "" : " and ") + what; };
    for (const UncachedMethod& method : methods) {
        if (const auto* changed = std::get_if<ChangedRequest>(&method)) {
            for (const auto& [name, value] : changed->headers)
                add("the request header " + core::redacted_header(name + ": " + value));
            for (const std::string& query : changed->queries)
                add("the query " + net::redact_parameters(query));
        } else if (const auto* switched = std::get_if<SwitchedCache>(&method)) {
            add(std::visit([](const auto& by) { return describe(by); }, switched->by));
        } else if (methods.size() == 1) {
            add("removing its entries before each request");
        }
    }
    if (!its_url.empty()) text += (text.empty() ? "" : " at ") + its_url;
    return text;
}

const net::Url* own_url(const UncachedMethods& methods) {
    const auto* changed = find<ChangedRequest>(methods);
    return changed != nullptr && changed->url ? &*changed->url : nullptr;
}

} // namespace

http::RequestSpec prepare_request(const UncachedMethods& methods, http::RequestSpec request) {
    for (const UncachedMethod& method : methods)
        if (const auto* changed = std::get_if<ChangedRequest>(&method)) change(*changed, request);
    return request;
}

std::optional<SwitchedCache> switched_cache(const UncachedMethods& methods) {
    const auto* found = find<SwitchedCache>(methods);
    return found ? std::optional(*found) : std::nullopt;
}

std::optional<ArmKind> forced_arm(const UncachedMethods& methods) {
    if (find<RemovedEntries>(methods) == nullptr) return {};
    return methods.size() == 1 ? ArmKind::uncached : ArmKind::miss;
}

bool allows_rate(const UncachedMethods& methods) {
    return std::all_of(methods.begin(), methods.end(), [](const UncachedMethod& method) {
        return std::holds_alternative<ChangedRequest>(method);
    });
}

std::string describe(const UncachedMethods& methods) {
    return describe(methods, own_url(methods) == nullptr ? "" : "a URL of its own");
}

std::string describe_with_url(const UncachedMethods& methods) {
    const net::Url* const url = own_url(methods);
    return describe(methods, url == nullptr ? "" : "the URL " + output::readable_url(url->redacted()));
}

} // namespace roacache::bench
