#include "src/core/clock.hpp"
#include "src/core/units.hpp"
#include "src/demo/api_error.hpp"
#include "src/demo/management_routes.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace roacache::demo {
namespace {

std::string wrapped(const std::string& data) {
    return fmt::format(R"({{"success":true,"data":{},"metadata":{{"timestamp":"{}","version":"{}"}}}})", data,
                       local_time(), ROACACHE_VERSION);
}

/// The second tier, or memory alone while that is away.
std::string_view backend(const Cache& cache) {
    return cache.l2() != nullptr && cache.l2()->available() ? cache.l2()->name() : "in-memory";
}

std::string hr_stats_of(const ServiceParts& parts, const HttpCall& /*call*/, Account& /*account*/) {
    const CacheCounters count = parts.cache.counters();
    const std::uint64_t hits = count.l1_hits + count.l2_hits, lookups = hits + count.misses;
    const double rate = lookups == 0 ? 0 : 100 * static_cast<double>(hits) / static_cast<double>(lookups);
    const std::string_view kept_in = backend(parts.cache);
    const TierSize second = parts.cache.l2() == nullptr ? TierSize{} : parts.cache.l2()->size();
    const std::string entries = std::to_string(second.entries.value_or(parts.cache.l1_size().entries));
    return wrapped(fmt::format(
        R"({{"status":"healthy","backend":"{}","total_entries":{},"cache_hits":{},"cache_misses":{},)"
        R"("hit_rate_percent":{},"redis_memory":{},"redis_keys_total":{}}})",
        kept_in, entries, hits, count.misses, rate,
        second.memory.empty() ? "null" : '"' + second.memory + '"', kept_in == "redis" ? entries : "null"));
}

std::string hr_health_of(const ServiceParts& parts, const HttpCall& /*call*/, Account& /*account*/) {
    const std::int64_t begun = core::now_ns();
    const std::string_view kept_in = backend(parts.cache);
    if (parts.cache.l2() != nullptr) parts.cache.l2()->size();
    return wrapped(fmt::format(
        R"({{"status":"{}","message":"entries are kept in {}","response_time_ms":{},"backend":"{}"}})",
        kept_in == "in-memory" ? "degraded" : "healthy", kept_in,
        core::to_ms(static_cast<double>(core::now_ns() - begun)), kept_in));
}

std::string hr_invalidated(const ServiceParts& parts, const HttpCall& call, Account& /*account*/) {
    const auto pattern = call.query.find("pattern");
    if (pattern == call.query.end() || pattern->second.empty())
        throw ApiError(422, "pattern: the parameter is required, as in ?pattern=cache:*");
    const std::uint64_t deleted = parts.cache.invalidate_matching(pattern->second, parts.policy.all_groups());
    return wrapped(fmt::format(
        R"({{"success":true,"message":"{0} entries were deleted","deleted_count":{0},"pattern":{1}}})",
        deleted, json_text(pattern->second)));
}

std::string hr_cleared(const ServiceParts& parts, const HttpCall& /*call*/, Account& /*account*/) {
    parts.cache.invalidate(parts.policy.all_groups());
    return wrapped(fmt::format(R"({{"success":true,"message":"the cache was cleared","timestamp":"{}"}})",
                               local_time()));
}

} // namespace

void add_hr_management_routes(Router& router, const ServiceParts& parts) {
    constexpr ManagementRoute k_routes[] = {
        {"GET", "/api/hr/cache/health", Needs::nothing, hr_health_of},
        {"GET", "/api/hr/cache/stats", Needs::administrator, hr_stats_of},
        {"POST", "/api/hr/cache/invalidate", Needs::administrator, hr_invalidated},
        {"DELETE", "/api/hr/cache/clear", Needs::administrator, hr_cleared},
    };
    add_routes(router, parts, k_routes);
}

} // namespace roacache::demo
