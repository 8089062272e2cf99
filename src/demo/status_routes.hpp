#pragma once

#include "src/demo/cache/cache.hpp"
#include "src/demo/http/router.hpp"
#include "src/demo/origin/origin.hpp"

namespace roacache::demo {

/// GET / lists the paths; GET /health reports the state of ledger and cache. Neither is cached.
void add_status_routes(Router& router, const Cache& cache, const Origin& origin);

} // namespace roacache::demo
