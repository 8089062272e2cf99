#pragma once

#include "src/demo/cache/cache.hpp"
#include "src/demo/http/router.hpp"
#include "src/demo/management_routes.hpp"
#include "src/demo/origin/origin.hpp"
#include "src/demo/policy.hpp"

namespace roacache::demo {

/// The reads: GET of every endpoint, from the cache or around it (`Cache-Control: no-cache` or `no-store`,
/// or where it is switched off), with `X-Cache: HIT|MISS|BYPASS` and, for a hit, `X-Cache-Tier: L1|L2`. All
/// that is passed must outlive the router.
void add_read_routes(Router& router, Cache& cache, Origin& origin, const Policy& policy,
                     const CacheSwitches& switches);

/// The writes, each followed by the invalidation that its event asks for:
/// POST /api/invoices, /api/invoices/{id}/pay, /api/treasury/transactions, and POST or PATCH
/// /api/companies/{id}.
void add_write_routes(Router& router, Cache& cache, Origin& origin, const Policy& policy);

} // namespace roacache::demo
