#include "src/bench/plan.hpp"

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
