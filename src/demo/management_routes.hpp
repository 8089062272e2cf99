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

/// The management API under /api/cache: GET /stats, POST /toggle-user and /toggle-global with
/// `{"enabled": true|false}`. With a `token` only who sends it as bearer is answered, others get 401. All but
/// the token must outlive the router.
void add_management_routes(Router& router, const Cache& cache, CacheSwitches& switches,
                           const std::string& token);

} // namespace roacache::demo
