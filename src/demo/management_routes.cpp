#include "src/demo/management_routes.hpp"

#include "src/core/clock.hpp"
#include "src/core/units.hpp"
#include "src/demo/api_error.hpp"
#include "src/demo/endpoints.hpp"

#include <ctime>
#include <fmt/core.h>
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

std::string_view cache_type(const Cache& cache) {
    return cache.l2() == nullptr ? "memory" : cache.l2()->name();
}

/// Entries of the second tier; null where there is none or it does not tell.
std::string second_tier_size(const ServiceParts& parts) {
    if (parts.cache.l2() == nullptr) return "null";
    const TierSize size = parts.cache.l2()->size();
    return size.entries ? std::to_string(*size.entries) : "null";
}

bool is_enabled(const ServiceParts& parts) {
    return parts.cache.has_tier() && parts.switches.global;
}

/// Hits are those of the memory tier alone, `enabled` and `global_enabled` are one field, and `last_cleanup`
/// is always null: as the portal has it.
std::string stats_of(const ServiceParts& parts, const HttpCall& /*call*/, Account& account) {
    const CacheCounters count = parts.cache.counters();
    const std::uint64_t misses = count.l2_hits + count.misses, lookups = count.l1_hits + misses;
    const double rate =
        lookups == 0 ? 0 : 100 * static_cast<double>(count.l1_hits) / static_cast<double>(lookups);
    return fmt::format(
        R"({{"enabled":{0},"global_enabled":{0},"user_enabled":{1},"cache_type":"{2}","hit_rate":{3},)"
        R"("total_hits":{4},"total_misses":{5},"queries_saved":{6},"response_times":{7},)"
        R"("cache_size":{{"memory":{8},"sqlite":{9}}},"auto_invalidate":{10},"last_cleanup":null}})",
        is_enabled(parts), account.cached.load(), cache_type(parts.cache), rate, count.l1_hits, misses,
        parts.log == nullptr ? "null" : parts.log->queries_saved(),
        parts.log == nullptr ? "{}" : parts.log->response_times(), parts.cache.l1_size().entries,
        second_tier_size(parts), parts.switches.auto_invalidate.load());
}

std::string health_of(const ServiceParts& parts, const HttpCall& /*call*/, Account& /*account*/) {
    return fmt::format(R"({{"status":"healthy","enabled":{},"cache_type":"{}","memory_size":{},)"
                       R"("sqlite_size":{},"auto_invalidate_running":{}}})",
                       is_enabled(parts), cache_type(parts.cache), parts.cache.l1_size().entries,
                       second_tier_size(parts), parts.switches.auto_invalidate.load());
}

std::string all_gone(const ServiceParts& parts, const std::vector<std::string>& groups) {
    parts.cache.invalidate(groups);
    return fmt::format(R"({{"success":true,"message":"the cache was invalidated","invalidated_at":"{}"}})",
                       local_time());
}

std::string cleared(const ServiceParts& parts, const HttpCall& /*call*/, Account& /*account*/) {
    return all_gone(parts, parts.policy.all_groups());
}

/// `{company_id?, cache_type?}`; neither is everything.
std::string invalidated(const ServiceParts& parts, const HttpCall& call, Account& account) {
    const json wanted = body_of(call.body);
    const auto company = wanted.find("company_id"), type = wanted.find("cache_type");
    if (company != wanted.end() && !company->is_null() && !company->is_number_integer())
        throw ApiError(422, "company_id must be a whole number");
    if (type == wanted.end() || type->is_null()) return cleared(parts, call, account);
    if (!type->is_string()) throw ApiError(422, "cache_type must be a text");
    return all_gone(parts, parts.policy.groups_of(type->get_ref<const std::string&>()));
}

/// One dashboard from each source in turn.
std::string timed(const ServiceParts& parts, const HttpCall& /*call*/, Account& /*account*/) {
    const Endpoint& endpoint = endpoints().front();
    const Params params = read_params(endpoint, {{"company", "1"}});
    const CacheKey key = parts.policy.key(endpoint.resource, params);
    const Cache::Compute compute = [&] {
        return parts.origin.read(
            [&](store::sqlite::Database& ledger) { return endpoint.query(ledger, params).dump(); });
    };
    const Milliseconds ttl = parts.policy.ttl(endpoint.resource);
    const std::int64_t begun = core::now_ns();
    parts.cache.bypass(compute);
    const std::int64_t computed = core::now_ns();
    parts.cache.get(key, ttl, compute);
    const std::int64_t stored = core::now_ns();
    parts.cache.get(key, ttl, compute);
    return fmt::format(R"({{"oracle_ms":{},"cached_ms":{}}})",
                       core::to_ms(static_cast<double>(computed - begun)),
                       core::to_ms(static_cast<double>(core::now_ns() - stored)));
}

const char* message(bool on) {
    return on ? "the cache is switched on" : "the cache is switched off";
}

std::string toggled_user(const ServiceParts& /*parts*/, const HttpCall& call, Account& account) {
    const bool on = account.cached = wanted_state(call.body);
    return fmt::format(R"({{"success":true,"username":"{}","cache_enabled":{},"message":"{}"}})",
                       account.user.name, on, message(on));
}

std::string toggled(std::atomic<bool>& which, const char* field, const HttpCall& call) {
    const bool on = which = wanted_state(call.body);
    return fmt::format(
        R"({{"success":true,"{}":{},"message":"{}","note":"until the service is started anew"}})", field, on,
        message(on));
}

std::string toggled_global(const ServiceParts& parts, const HttpCall& call, Account& /*account*/) {
    return toggled(parts.switches.global, "global_enabled", call);
}

std::string toggled_auto_invalidate(const ServiceParts& parts, const HttpCall& call, Account& /*account*/) {
    return toggled(parts.switches.auto_invalidate, "auto_invalidate_enabled", call);
}

} // namespace

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

void add_routes(Router& router, const ServiceParts& parts, std::span<const ManagementRoute> routes) {
    for (const ManagementRoute& route : routes)
        router.add(route.method, route.path, [&parts, route](const HttpCall& call) {
            return HttpReply{200, std::make_shared<const std::string>(
                                      route.answer(parts, call, require(parts, call, route.needs)))};
        });
}

void add_management_routes(Router& router, const ServiceParts& parts) {
    const Needs reading = parts.open_statistics ? Needs::nothing : Needs::user;
    const Needs global = parts.traps.open_toggle ? Needs::user : Needs::administrator;
    const ManagementRoute routes[] = {
        {"GET", "/api/cache/stats", reading, stats_of},
        {"GET", "/api/cache/health", Needs::nothing, health_of},
        {"GET", "/api/cache/benchmark", Needs::user, timed},
        {"POST", "/api/cache/invalidate", Needs::user, invalidated},
        {"POST", "/api/cache/clear", Needs::administrator, cleared},
        {"POST", "/api/cache/toggle-user", Needs::user, toggled_user},
        {"POST", "/api/cache/toggle-global", global, toggled_global},
        {"POST", "/api/cache/toggle-auto-invalidate", global, toggled_auto_invalidate},
    };
    add_routes(router, parts, routes);
}

} // namespace roacache::demo
