#pragma once

#include "src/demo/cache/cache.hpp"
#include "src/demo/cache/lookup_log.hpp"
#include "src/demo/http/router.hpp"
#include "src/demo/origin/origin.hpp"
#include "src/demo/policy.hpp"
#include "src/demo/traps.hpp"
#include "src/demo/users.hpp"

#include <atomic>
#include <span>
#include <string>

namespace roacache::demo {

/// What switches the cache for everybody; each user has a switch of his own.
struct CacheSwitches {
    std::atomic<bool> global{true};
    std::atomic<bool> auto_invalidate{true}; ///< whether writes invalidate what they made stale
};

/// What routes are made of; it must outlive the router, as all of it.
struct ServiceParts {
    Cache& cache;
    Origin& origin;
    const Policy& policy;
    const Users& users;
    CacheSwitches& switches;
    LookupLog* log; ///< null: lookups are not logged
    Traps traps;
    bool open_statistics; ///< GET /stats wants no token
};

/// The hybrid portal's management API under /api/cache: stats, health, invalidate, toggle-user,
/// toggle-global, toggle-auto-invalidate, clear, benchmark. Its keys end in a hash, so that what is
/// invalidated of a company is all of that resource.
void add_management_routes(Router& router, const ServiceParts& parts);

/// The HR portal's under /api/hr/cache, answers wrapped: stats, health, invalidate by a pattern of keys,
/// clear.
void add_hr_management_routes(Router& router, const ServiceParts& parts);

enum class Needs { nothing, user, administrator };

/// A call of a management API.
struct ManagementRoute {
    const char* method;
    const char* path;
    Needs needs;
    /// JSON text.
    std::string (*answer)(const ServiceParts& parts, const HttpCall& call, Account& account);
};
void add_routes(Router& router, const ServiceParts& parts, std::span<const ManagementRoute> routes);

/// Who asks, where the call may be made: 401 without a token, 403 for a user who is no administrator.
/// Throws ApiError.
Account& require(const ServiceParts& parts, const HttpCall& call, Needs needs);

/// `2026-11-27T18:00:00`: local time without a zone, as the portals write it.
std::string local_time();

} // namespace roacache::demo
