#include "src/core/clock.hpp"
#include "src/core/units.hpp"
#include "src/demo/api_error.hpp"
#include "src/demo/management_routes.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace roacache::demo {
namespace {

using nlohmann::json;

HttpReply wrapped(const json& data) {
    return json_reply({{"success", true},
                       {"data", data},
                       {"metadata", {{"timestamp", local_time()}, {"version", ROACACHE_VERSION}}}});
}

/// The second tier, or memory alone while that is away.
std::string_view backend(const Cache& cache) {
    return cache.l2() != nullptr && cache.l2()->available() ? cache.l2()->name() : "in-memory";
}

json hr_stats_of(const ServiceParts& parts) {
    const CacheCounters count = parts.cache.counters();
    const std::uint64_t hits = count.l1_hits + count.l2_hits, lookups = hits + count.misses;
    const TierSize second = parts.cache.l2() == nullptr ? TierSize{} : parts.cache.l2()->size();
    return {{"status", "healthy"},
            {"backend", backend(parts.cache)},
            {"total_entries", second.entries.value_or(parts.cache.l1_size().entries)},
            {"cache_hits", hits},
            {"cache_misses", count.misses},
            {"hit_rate_percent",
             lookups == 0 ? 0.0 : 100 * static_cast<double>(hits) / static_cast<double>(lookups)},
            {"redis_memory", second.memory.empty() ? json(nullptr) : json(second.memory)},
            {"redis_keys_total", second.entries.value_or(0)}};
}

json hr_health_of(const ServiceParts& parts) {
    const std::int64_t begun = core::now_ns();
    const std::string_view kept_in = backend(parts.cache);
    if (parts.cache.l2() != nullptr) parts.cache.l2()->size();
    return {{"status", kept_in == "in-memory" ? "degraded" : "healthy"},
            {"message", fmt::format("entries are kept in {}", kept_in)},
            {"response_time_ms", core::to_ms(static_cast<double>(core::now_ns() - begun))},
            {"backend", kept_in}};
}

json hr_invalidated(const ServiceParts& parts, const HttpCall& call) {
    const auto pattern = call.query.find("pattern");
    if (pattern == call.query.end() || pattern->second.empty())
        throw ApiError(422, "pattern: the parameter is required, as in ?pattern=cache:*");
    const std::uint64_t deleted = parts.cache.invalidate_matching(pattern->second, parts.policy.all_groups());
    return {{"success", true},
            {"message", fmt::format("{} entries were deleted", deleted)},
            {"deleted_count", deleted},
            {"pattern", pattern->second}};
}

} // namespace

void add_hr_management_routes(Router& router, const ServiceParts& parts) {
    const auto add = [&](const char* method, const char* path, Needs needs, auto answer) {
        router.add(method, std::string("/api/hr/cache/") + path,
                   [parts, needs, answer](const HttpCall& call) {
                       require(parts, call, needs);
                       return wrapped(answer(call));
                   });
    };
    add("GET", "health", Needs::nothing, [parts](const HttpCall&) { return hr_health_of(parts); });
    add("GET", "stats", Needs::administrator, [parts](const HttpCall&) { return hr_stats_of(parts); });
    add("POST", "invalidate", Needs::administrator,
        [parts](const HttpCall& call) { return hr_invalidated(parts, call); });
    add("DELETE", "clear", Needs::administrator, [parts](const HttpCall&) {
        parts.cache.invalidate(parts.policy.all_groups());
        return json{{"success", true}, {"message", "the cache was cleared"}, {"timestamp", local_time()}};
    });
}

} // namespace roacache::demo
