#pragma once

#include "src/demo/cache/cache.hpp"
#include "src/demo/http/router.hpp"

#include <atomic>
#include <string>

namespace roacache::demo {

/// Whether reads may use the cache. The service knows one user only.
struct CacheSwitches {
    std::atomic<bool> user{true};
    std::atomic<bool> global{true};

    bool on() const { return user && global; }
};

/// Who may use the management API.
struct ManagementToken {
    std::string token;        ///< what the switches want as bearer; not empty
    bool for_reading = false; ///< GET /stats wants it too
};

/// The management API under /api/cache: GET /stats, POST /toggle-user and /toggle-global with
/// `{"enabled": true|false}`. Who does not send the token as bearer where it is wanted gets 401. All but the
/// token must outlive the router.
void add_management_routes(Router& router, const Cache& cache, CacheSwitches& switches,
                           const ManagementToken& token);

} // namespace roacache::demo
