#include "src/demo/management_routes.hpp"

#include "src/core/clock.hpp"
#include "src/core/units.hpp"
#include "src/demo/api_error.hpp"
#include "src/demo/endpoints.hpp"

#include <ctime>
#include <nlohmann/json.hpp>

namespace roacache::demo {
namespace {

using nlohmann::json;

json body_of(std::string_view body) {
    if (body.empty()) return json::object();
    json object = json::parse(body, nullptr, false);
    if (object.is_discarded()) throw ApiError(400, "the body is no JSON");
    if (!object.is_object()) throw ApiError(422, "the body must be a JSON object");
    return object;
}

bool wanted_state(std::string_view body) {
    const json object = body_of(body);
    if (!object.contains("enabled") || !object.at("enabled").is_boolean())
        throw ApiError(422, "the body must be {\"enabled\": true} or {\"enabled\": false}");
    return object.at("enabled");
}

const char* message(bool on) {
    return on ? "the cache is switched on" : "the cache is switched off";
}

std::string_view cache_type(const Cache& cache) {
    return cache.l2() == nullptr ? "memory" : cache.l2()->name();
}

/// Entries of the second tier; null where there is none or it does not tell.
json second_tier_size(const ServiceParts& parts) {
    const auto entries = parts.cache.l2() == nullptr ? std::nullopt : parts.cache.l2()->size().entries;
    return entries ? json(*entries) : json(nullptr);
}

/// Hits are those of the memory tier alone, `enabled` and `global_enabled` are one field, and `last_cleanup`
/// is always null: as the portal has it.
json stats_of(const ServiceParts& parts, const Account& account) {
    const CacheCounters count = parts.cache.counters();
    const std::uint64_t misses = count.l2_hits + count.misses, lookups = count.l1_hits + misses;
    const bool enabled = parts.cache.has_tier() && parts.switches.global;
    json stats{
        {"enabled", enabled},
        {"global_enabled", enabled},
        {"user_enabled", account.cached.load()},
        {"cache_type", cache_type(parts.cache)},
        {"hit_rate", lookups == 0
                         ? json(nullptr)
                         : json(100 * static_cast<double>(count.l1_hits) / static_cast<double>(lookups))},
        {"total_hits", count.l1_hits},
        {"total_misses", misses},
        {"queries_saved", nullptr},
        {"response_times", json::object()},
        {"cache_size", {{"memory", parts.cache.l1_size().entries}, {"sqlite", second_tier_size(parts)}}},
        {"auto_invalidate", parts.switches.auto_invalidate.load()},
        {"last_cleanup", nullptr}};
    if (parts.log == nullptr) return stats;
    stats["queries_saved"] = parts.log->queries_saved();
    stats["response_times"] = parts.log->response_times();
    return stats;
}

json health_of(const ServiceParts& parts) {
    return {{"status", "healthy"},
            {"enabled", parts.cache.has_tier() && parts.switches.global},
            {"cache_type", cache_type(parts.cache)},
            {"memory_size", parts.cache.l1_size().entries},
            {"sqlite_size", second_tier_size(parts)},
            {"auto_invalidate_running", parts.switches.auto_invalidate.load()}};
}

/// `{company_id?, cache_type?}`; neither is everything.
json invalidated(const ServiceParts& parts, const json& wanted) {
    const auto given = [&](const char* name) { return wanted.contains(name) && !wanted.at(name).is_null(); };
    if (given("company_id") && !wanted.at("company_id").is_number_integer())
        throw ApiError(422, "company_id must be a whole number");
    if (given("cache_type") && !wanted.at("cache_type").is_string())
        throw ApiError(422, "cache_type must be a text");
    std::vector<std::string> groups = parts.policy.all_groups();
    if (given("cache_type")) groups = parts.policy.groups_of(wanted.at("cache_type").get<std::string>());
    parts.cache.invalidate(groups);
    return {{"success", true}, {"message", "the cache was invalidated"}, {"invalidated_at", local_time()}};
}

/// One dashboard from each source in turn.
json timed(const ServiceParts& parts) {
    const Endpoint& endpoint = endpoints().front();
    const Params params = read_params(endpoint, {{"company", "1"}});
    const CacheKey key = parts.policy.key(endpoint.resource, params);
    const auto compute = [&] {
        return parts.origin.read(
            [&](store::sqlite::Database& ledger) { return endpoint.query(ledger, params).dump(); });
    };
    json times = json::object();
    const auto time = [&](const char* name, const auto& read) {
        const std::int64_t begun = core::now_ns();
        read();
        times[name] = core::to_ms(static_cast<double>(core::now_ns() - begun));
    };
    time("oracle_ms", [&] { parts.cache.bypass(compute); });
    const auto cached = [&] { parts.cache.get(key, parts.policy.ttl(endpoint.resource), compute); };
    cached();
    time("cached_ms", cached);
    return times;
}

} // namespace

HttpReply json_reply(const json& body) {
    return {200, std::make_shared<const std::string>(body.dump())};
}

Account& require(const ServiceParts& parts, const HttpCall& call, Needs needs) {
    Account* account = parts.users.of(call.authorization);
    if (account == nullptr && needs == Needs::nothing) return parts.users.administrator();
    if (account == nullptr) throw ApiError(401, "the management API wants its token");
    if (needs == Needs::administrator && !account->user.administrator)
        throw ApiError(403, "only an administrator may do that");
    return *account;
}

std::string local_time() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    localtime_r(&now, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts)};
}

void add_management_routes(Router& router, const ServiceParts& parts) {
    const auto add = [&](const char* method, const char* path, Needs needs, auto answer) {
        router.add(method, std::string("/api/cache/") + path, [parts, needs, answer](const HttpCall& call) {
            Account& account = require(parts, call, needs);
            return json_reply(answer(call, account));
        });
    };
    const Needs reading = parts.open_statistics ? Needs::nothing : Needs::user;
    const Needs global = parts.traps.open_toggle ? Needs::user : Needs::administrator;
    add("GET", "stats", reading,
        [parts](const HttpCall&, const Account& account) { return stats_of(parts, account); });
    add("GET", "health", Needs::nothing, [parts](const HttpCall&, Account&) { return health_of(parts); });
    add("GET", "benchmark", Needs::user, [parts](const HttpCall&, Account&) { return timed(parts); });
    add("POST", "invalidate", Needs::user,
        [parts](const HttpCall& call, Account&) { return invalidated(parts, body_of(call.body)); });
    add("POST", "clear", Needs::administrator,
        [parts](const HttpCall&, Account&) { return invalidated(parts, json::object()); });
    add("POST", "toggle-user", Needs::user, [](const HttpCall& call, Account& account) {
        const bool on = account.cached = wanted_state(call.body);
        return json{{"success", true},
                    {"username", account.user.name},
                    {"cache_enabled", on},
                    {"message", message(on)}};
    });
    const auto add_switch = [&](const char* path, const char* field,
                                std::atomic<bool> CacheSwitches::*which) {
        add("POST", path, global, [parts, field, which](const HttpCall& call, Account&) {
            const bool on = parts.switches.*which = wanted_state(call.body);
            return json{{"success", true},
                        {field, on},
                        {"message", message(on)},
                        {"note", "until the service is started anew"}};
        });
    };
    add_switch("toggle-global", "global_enabled", &CacheSwitches::global);
    add_switch("toggle-auto-invalidate", "auto_invalidate_enabled", &CacheSwitches::auto_invalidate);
}

} // namespace roacache::demo
