#include "src/demo/http/router.hpp"

#include "src/core/error.hpp"
#include "src/demo/api_error.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace roacache::demo {

std::string json_text(std::string_view text) {
    using nlohmann::json;
    return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

HttpReply error_reply(int status, std::string_view detail) {
    return {status, std::make_shared<const std::string>("{\"detail\":" + json_text(detail) + "}")};
}

void Router::add(std::string_view method, std::string_view path, Handler handler) {
    if (path.find("{id}") == std::string_view::npos) {
        exact_[std::string(path)].methods.emplace(method, std::move(handler));
        return;
    }
    auto route = std::find_if(with_id_.begin(), with_id_.end(),
                              [&](const Route& known) { return known.path == path; });
    if (route == with_id_.end()) route = with_id_.insert(route, Route{std::string(path), {}});
    route->methods.emplace(method, std::move(handler));
}

bool Router::matches(std::string_view pattern, std::string_view path, std::int64_t& id) {
    const auto at = pattern.find("{id}");
    const std::string_view before = pattern.substr(0, at);
    const std::string_view after = pattern.substr(at + 4);
    if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after))
        return false;
    const std::string_view number = path.substr(before.size(), path.size() - before.size() - after.size());
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), id);
    return error == std::errc() && stop == number.data() + number.size() && id > 0;
}

const Router::Route* Router::find(HttpCall& call) const {
    if (const auto exact = exact_.find(call.path); exact != exact_.end()) return &exact->second;
    for (const Route& route : with_id_)
        if (matches(route.path, call.path, call.id)) return &route;
    return nullptr;
}

HttpReply Router::route(HttpCall call) const {
    const Route* route = find(call);
    if (route == nullptr)
        return error_reply(404, fmt::format("{}: no such path; GET / lists them", call.path));
    const auto method = route->methods.find(call.method == "HEAD" ? std::string_view("GET") : call.method);
    if (method == route->methods.end()) {
        std::string allowed;
        for (const auto& [name, handler] : route->methods)
            allowed += (allowed.empty() ? "" : ", ") + name;
        HttpReply reply = error_reply(405, fmt::format("{}: allows {} only", call.path, allowed));
        reply.headers.emplace_back("Allow", allowed);
        return reply;
    }
    try {
        return method->second(call);
    } catch (const ApiError& error) {
        HttpReply reply = error_reply(error.status(), error.what());
        if (error.status() == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
        return reply;
    } catch (const core::Error& error) {
        return error_reply(500, error.what());
    } catch (const std::exception& error) {
        return error_reply(500, fmt::format("unexpected: {}", error.what()));
    }
}

} // namespace roacache::demo
