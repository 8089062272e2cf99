#include "src/bench/plan.hpp"

#include <utility>

namespace roacache::bench {

const char* name_of(ArmKind arm) {
    switch (arm) {
    case ArmKind::cached:
        return "cached";
    case ArmKind::uncached:
        return "uncached";
    case ArmKind::miss:
        return "miss";
    case ArmKind::single:
        break;
    }
    return "single";
}

const std::optional<RequestSpec>& EndpointPlan::spec(ArmKind arm) const {
    if (arm == ArmKind::cached || arm == ArmKind::miss) return cached;
    return arm == ArmKind::uncached ? uncached : single;
}

std::uint64_t Plan::round_size() const {
    std::uint64_t size = 0;
    for (const EndpointPlan& endpoint : endpoints)
        size += endpoint.weight;
    return size;
}

const HitHeader* Plan::hit_header_of(std::size_t endpoint) const {
    const std::optional<HitHeader>& own = endpoints[endpoint].hit_header;
    return own ? &*own : hit_header ? &*hit_header : nullptr;
}

Plan Plan::only(std::size_t endpoint) const {
    Plan plan = *this;
    plan.endpoints = {endpoints.at(endpoint)};
    const unsigned weight = std::exchange(plan.endpoints.front().weight, 1);
    plan.requests *= weight;
    if (plan.duration_cap) *plan.duration_cap *= weight;
    return plan;
}

std::vector<ArmKind> Plan::arms() const {
    if (single) return {ArmKind::single};
    if (forced == ArmKind::miss) return {ArmKind::cached, ArmKind::uncached, ArmKind::miss};
    return {ArmKind::cached, ArmKind::uncached};
}

std::optional<ArmKind> Plan::home_of_strays(ArmKind arm) const {
    if (single) return {};
    return arm == ArmKind::cached ? forced : ArmKind::cached;
}

} // namespace roacache::bench
