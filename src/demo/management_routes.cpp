#include "src/demo/management_routes.hpp"

#include "src/demo/api_error.hpp"

#include <nlohmann/json.hpp>

namespace roacache::demo {
namespace {

using nlohmann::json;

HttpReply json_reply(const json& body) {
    return {200, std::make_shared<const std::string>(body.dump())};
}

/// Takes as long for a guess that is nearly right as for one that is all wrong.
bool equal_in_constant_time(std::string_view given, std::string_view wanted) {
    unsigned different = given.size() == wanted.size() ? 0U : 1U;
    for (std::size_t i = 0; i < given.size(); ++i)
        different |= static_cast<unsigned char>(given[i]) ^
                     static_cast<unsigned>(static_cast<unsigned char>(wanted[i % wanted.size()]));
    return different == 0;
}

HttpReply wants_token() {
    HttpReply reply = error_reply(401, "the management API wants its token");
    reply.headers.emplace_back("WWW-Authenticate", "Bearer");
    return reply;
}

bool wanted_state(std::string_view body) {
    const json object = json::parse(body, nullptr, false);
    if (object.is_discarded()) throw ApiError(400, "the body is no JSON");
    if (!object.is_object() || !object.contains("enabled") || !object.at("enabled").is_boolean())
        throw ApiError(422, "the body must be {\"enabled\": true} or {\"enabled\": false}");
    return object.at("enabled");
}

const char* message(bool on) {
    return on ? "the cache is switched on" : "the cache is switched off";
}

json stats_of(const Cache& cache, const CacheSwitches& switches) {
    const CacheCounters count = cache.counters();
    const std::uint64_t hits = count.l1_hits + count.l2_hits, lookups = hits + count.misses;
    const Tier* l2 = cache.l2();
    return {{"enabled", cache.has_tier()},
            {"global_enabled", switches.global.load()},
            {"user_enabled", switches.user.load()},
            {"cache_type", l2 == nullptr ? "memory" : l2->name()},
            {"hit_rate", lookups == 0 ? json(nullptr)
                                      : json(100 * static_cast<double>(hits) / static_cast<double>(lookups))},
            {"total_hits", hits},
            {"total_misses", count.misses}};
}

} // namespace

void add_management_routes(Router& router, const Cache& cache, CacheSwitches& switches,
                           const ManagementToken& token) {
    const auto add = [&](const char* method, const char* path, auto answer) {
        const bool open = !token.for_reading && method == std::string_view("GET");
        router.add(method, path, [answer, bearer = "Bearer " + token.token, open](const HttpCall& call) {
            if (!open && !equal_in_constant_time(call.authorization, bearer)) return wants_token();
            return json_reply(answer(call));
        });
    };
    add("GET", "/api/cache/stats",
        [&cache, &switches](const HttpCall&) { return stats_of(cache, switches); });
    add("POST", "/api/cache/toggle-user", [&switches](const HttpCall& call) {
        const bool on = switches.user = wanted_state(call.body);
        return json{{"success", true}, {"username", "demo"}, {"cache_enabled", on}, {"message", message(on)}};
    });
    add("POST", "/api/cache/toggle-global", [&switches](const HttpCall& call) {
        const bool on = switches.global = wanted_state(call.body);
        return json{{"success", true},
                    {"global_enabled", on},
                    {"message", message(on)},
                    {"note", "until the service is started anew"}};
    });
}

} // namespace roacache::demo
