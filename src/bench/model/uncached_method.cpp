#include "src/bench/model/uncached_method.hpp"

#include "src/core/ascii.hpp"
#include "src/core/secret.hpp"
#include "src/net/redact.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::bench {
namespace {

template <typename Method>
const Method* find(const UncachedMethods& methods) {
    for (const UncachedMethod& method : methods)
        if (const auto* found = std::get_if<Method>(&method)) return found;
    return nullptr;
}

void change(const ChangedRequest& by, RequestSpec& request) {
    if (by.url) request.url = *by.url;
    for (const std::string& query : by.queries)
        request.url.target += (request.url.target.find('?') == std::string::npos ? '?' : '&') + query;
    for (const auto& header : by.headers) {
        std::erase_if(request.headers, [&](const auto& other) {
            return core::equal_ignoring_case(other.first, header.first);
        });
        request.headers.push_back(header);
    }
}

std::string describe(const ManagementSwitch& by) {
    return fmt::format("the {} switch of the management API at {}",
                       by.scope == ManagementSwitch::Scope::user ? "user" : "global", by.base.redacted());
}

std::string describe(const ShellHooks& by) {
    return "the command " + core::redacted_shell_command(by.off);
}

} // namespace

RequestSpec prepare_request(const UncachedMethods& methods, RequestSpec request) {
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
    std::string text;
    const auto add = [&](const std::string& what) { text += (text.empty() ? "" : " and ") + what; };
    bool elsewhere = false;
    for (const UncachedMethod& method : methods) {
        if (const auto* changed = std::get_if<ChangedRequest>(&method)) {
            for (const auto& [name, value] : changed->headers)
                add("the request header " + core::redacted_header(name + ": " + value));
            for (const std::string& query : changed->queries)
                add("the query " + net::redact_parameters(query));
            elsewhere = elsewhere || changed->url;
        } else if (const auto* switched = std::get_if<SwitchedCache>(&method)) {
            add(std::visit([](const auto& by) { return describe(by); }, switched->by));
        } else if (methods.size() == 1) {
            add("removing its entries before each request");
        }
    }
    if (elsewhere) text += text.empty() ? "a URL of its own" : " at a URL of its own";
    return text;
}

} // namespace roacache::bench
