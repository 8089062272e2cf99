#pragma once

#include "src/demo/management_routes.hpp"

namespace roacache::demo {

/// The reads: GET of every endpoint, from the cache or around it (`Cache-Control: no-cache` or `no-store`,
/// or where it is switched off), with `X-Cache: HIT|MISS|BYPASS` and, for a hit, `X-Cache-Tier: L1|L2`. With
/// `?metadata=true` the answer is `{"data": …, "metadata": {source, response_time_ms, cache_type}}`, of which
/// the source is L1, L2 or origin. A user who sends his token has entries of his own.
void add_read_routes(Router& router, const ServiceParts& parts);

/// The writes, each followed by the invalidation that its event asks for:
/// POST /api/invoices, /api/invoices/{id}/pay, /api/treasury/transactions, and POST or PATCH
/// /api/companies/{id}.
void add_write_routes(Router& router, const ServiceParts& parts);

} // namespace roacache::demo
