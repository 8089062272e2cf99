#include "src/bench/plan.hpp"

namespace roacache::bench {

const char* name_of(ArmKind arm) {
    switch (arm) {
    case ArmKind::cached:
        return "cached";
    case ArmKind::uncached:
        return "uncached";
    case ArmKind::single:
        break;
    }
    return "single";
}

const std::optional<RequestSpec>& EndpointPlan::spec(ArmKind arm) const {
    if (arm == ArmKind::cached) return cached;
    return arm == ArmKind::uncached ? uncached : single;
}

std::vector<ArmKind> Plan::arms() const {
    if (single) return {ArmKind::single};
    return {ArmKind::cached, ArmKind::uncached};
}

} // namespace roacache::bench
