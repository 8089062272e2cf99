#include "src/core/ascii.hpp"
#include "src/demo/endpoints.hpp"
#include "src/demo/routes.hpp"

namespace roacache::demo {
namespace {

/// Whether a Cache-Control header asks for an answer that no cache has seen.
bool asks_for_origin(std::string_view cache_control) {
    if (cache_control.empty()) return false;
    const std::string lower = core::to_lower(cache_control);
    return lower.find("no-cache") != std::string::npos || lower.find("no-store") != std::string::npos;
}

HttpReply reply_with(Answer answer) {
    HttpReply reply{200, std::move(answer.body)};
    switch (answer.outcome) {
    case Outcome::hit_l1:
        reply.headers = {{"X-Cache", "HIT"}, {"X-Cache-Tier", "L1"}};
        break;
    case Outcome::hit_l2:
        reply.headers = {{"X-Cache", "HIT"}, {"X-Cache-Tier", "L2"}};
        break;
    case Outcome::miss:
        reply.headers = {{"X-Cache", "MISS"}};
        break;
    case Outcome::bypass:
        reply.headers = {{"X-Cache", "BYPASS"}};
        break;
    }
    return reply;
}

} // namespace

void add_read_routes(Router& router, Cache& cache, Origin& origin, const Policy& policy,
                     const CacheSwitches& switches) {
    for (const Endpoint& endpoint : endpoints())
        router.add("GET", endpoint.path, [&](const HttpCall& call) {
            const Params params = read_params(endpoint, call.query);
            const auto compute = [&] {
                return origin.read(
                    [&](store::sqlite::Database& ledger) { return endpoint.query(ledger, params).dump(); });
            };
            if (asks_for_origin(call.cache_control) || !switches.on())
                return reply_with(cache.bypass(compute));
            return reply_with(
                cache.get(policy.key(endpoint.resource, params), policy.ttl(endpoint.resource), compute));
        });
}

} // namespace roacache::demo
