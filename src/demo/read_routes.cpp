#include "src/core/ascii.hpp"
#include "src/core/clock.hpp"
#include "src/core/units.hpp"
#include "src/demo/api_error.hpp"
#include "src/demo/endpoints.hpp"
#include "src/demo/routes.hpp"

#include <fmt/core.h>

namespace roacache::demo {
namespace {

/// Whether a Cache-Control header asks for an answer that no cache has seen.
bool asks_for_origin(std::string_view cache_control) {
    if (cache_control.empty()) return false;
    const std::string lower = core::to_lower(cache_control);
    return lower.find("no-cache") != std::string::npos || lower.find("no-store") != std::string::npos;
}

bool wants_metadata(const HttpCall& call) {
    const auto given = call.query.find("metadata");
    return given != call.query.end() && (given->second == "true" || given->second == "1");
}

/// X-Cache, X-Cache-Tier, and what metadata names as the source.
struct Provenance {
    const char* cache;
    const char* tier; ///< null: none
    const char* source;
};

Provenance provenance_of(Outcome outcome) {
    switch (outcome) {
    case Outcome::hit_l1:
        return {"HIT", "L1", "L1"};
    case Outcome::hit_l2:
        return {"HIT", "L2", "L2"};
    case Outcome::miss:
        return {"MISS", nullptr, "origin"};
    case Outcome::bypass:
        break;
    }
    return {"BYPASS", nullptr, "origin"};
}

/// Who reads: with no token the administrator. Where there are several users, a token that is nobody's is
/// refused.
Account& reader(const ServiceParts& parts, const HttpCall& call) {
    return require(parts, call,
                   parts.users.several() && !call.authorization.empty() ? Needs::user : Needs::nothing);
}

/// A user sees every second company, the administrator all.
bool may_see(const Users& users, const User& user, const Json& company) {
    return user.administrator || company.at("id").get<std::int64_t>() % 2 == users.number_of(user) % 2;
}

/// The origin's answer to this user.
std::string answer_of_origin(const ServiceParts& parts, const Endpoint& endpoint, const Params& params,
                             const User& user) {
    Json answer =
        parts.origin.read([&](store::sqlite::Database& ledger) { return endpoint.query(ledger, params); });
    if (endpoint.resource != "companies_list" || user.administrator) return answer.dump();
    Json visible = Json::array();
    for (Json& company : answer)
        if (may_see(parts.users, user, company)) visible.push_back(std::move(company));
    return visible.dump();
}

CacheKey key_of(const ServiceParts& parts, const Endpoint& endpoint, Params params, const User& user) {
    if (parts.traps.positional) params.erase("company");
    const bool own = !user.administrator && !parts.traps.username;
    return parts.policy.key(endpoint.resource, params, own ? user.name : std::string());
}

HttpReply reply_with(const Endpoint& endpoint, const Answer& answer, double ms, bool metadata) {
    const Provenance from = provenance_of(answer.outcome);
    HttpReply reply{200, answer.body};
    if (metadata)
        reply.body = std::make_shared<const std::string>(fmt::format(
            R"({{"data":{},"metadata":{{"source":"{}","response_time_ms":{:.3f},"cache_type":"{}"}}}})",
            *answer.body, from.source, ms, endpoint.resource));
    reply.headers = {{"X-Cache", from.cache}};
    if (from.tier != nullptr) reply.headers.emplace_back("X-Cache-Tier", from.tier);
    return reply;
}

HttpReply read(const ServiceParts& parts, const Endpoint& endpoint, const HttpCall& call) {
    const Account& account = reader(parts, call);
    const Params params = read_params(endpoint, call.query);
    const auto compute = [&] { return answer_of_origin(parts, endpoint, params, account.user); };
    const std::int64_t begun = core::now_ns();
    const bool past = asks_for_origin(call.cache_control) || !account.cached || !parts.switches.global;
    const Answer answer = past ? parts.cache.bypass(compute)
                               : parts.cache.get(key_of(parts, endpoint, params, account.user),
                                                 parts.policy.ttl(endpoint.resource), compute);
    const double ms = core::to_ms(static_cast<double>(core::now_ns() - begun));
    if (parts.log != nullptr && answer.outcome != Outcome::bypass)
        parts.log->add(endpoint.resource, answer.outcome != Outcome::miss, ms);
    return reply_with(endpoint, answer, ms, wants_metadata(call));
}

} // namespace

void add_read_routes(Router& router, const ServiceParts& parts) {
    for (const Endpoint& endpoint : endpoints())
        router.add("GET", endpoint.path,
                   [&parts, &endpoint](const HttpCall& call) { return read(parts, endpoint, call); });
}

} // namespace roacache::demo
