#include "src/demo/status_routes.hpp"

#include "src/demo/endpoints.hpp"

namespace roacache::demo {
namespace {

HttpReply ok(const Json& body) {
    return {200, std::make_shared<const std::string>(body.dump())};
}

Json list_of_paths() {
    Json reads = Json::array();
    for (const Endpoint& endpoint : endpoints()) {
        Json parameters = Json::array();
        for (const Parameter& parameter : endpoint.parameters)
            parameters.push_back(parameter.name);
        reads.push_back({{"path", endpoint.path},
                         {"parameters", std::move(parameters)},
                         {"resource", endpoint.resource}});
    }
    return {{"service", "roacache demo"},
            {"version", ROACACHE_VERSION},
            {"reads", std::move(reads)},
            {"writes",
             {"POST /api/invoices", "POST /api/invoices/{id}/pay", "POST /api/treasury/transactions",
              "PATCH /api/companies/{id}"}},
            {"management",
             "/api/cache: GET stats, health, benchmark; POST invalidate, clear, toggle-user, toggle-global, "
             "toggle-auto-invalidate. /api/hr/cache: GET stats, health; POST invalidate?pattern=; DELETE "
             "clear"},
            {"health", "/health"}};
}

Json health(const Cache& cache, const Origin& origin) {
    const CacheCounters count = cache.counters();
    const MemoryTier::Size l1 = cache.l1_size();
    const Tier* l2 = cache.l2();
    Json tier = nullptr;
    if (l2 != nullptr) tier = {{"kind", l2->name()}, {"available", l2->available()}};
    return {{"status", l2 == nullptr || l2->available() ? "healthy" : "degraded"},
            {"ledger", {{"invoices", origin.invoices()}, {"queries", origin.reads()}}},
            {"cache",
             {{"l1",
               {{"entries", l1.entries},
                {"bytes", l1.bytes},
                {"evictions", l1.evictions},
                {"hits", count.l1_hits}}},
              {"l2", std::move(tier)},
              {"l2_hits", count.l2_hits},
              {"misses", count.misses},
              {"coalesced", count.coalesced},
              {"bypasses", count.bypasses},
              {"invalidations", count.invalidations}}}};
}

} // namespace

void add_status_routes(Router& router, const Cache& cache, const Origin& origin) {
    router.add("GET", "/", [](const HttpCall&) { return ok(list_of_paths()); });
    router.add("GET", "/health", [&](const HttpCall&) { return ok(health(cache, origin)); });
}

} // namespace roacache::demo
