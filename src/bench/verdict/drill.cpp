#include "src/bench/verdict/drill.hpp"

#include "src/bench/verdict/format.hpp"
#include "src/bench/verdict/some_endpoints.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::bench {

std::optional<std::string> why_not_stopped(const Result& result, const std::vector<AssertResult>& asserts) {
    if (!result.plan.drill || !result.hits_provable()) return {};
    const auto is_judged = [&](std::size_t endpoint) {
        return std::any_of(asserts.begin(), asserts.end(), [&](const AssertResult& answer) {
            return answer.assertion.quantity == "down.hit_rate" &&
                   answer.endpoint.value_or(endpoint) == endpoint;
        });
    };
    const auto part = endpoints_where(result, [&](std::size_t i) {
        const auto before = result.endpoints[i].of(ArmKind::up).hit_rate(),
                   away = result.endpoints[i].of(ArmKind::down).hit_rate();
        return before && away && *before > 0 && 2 * *away >= *before && !is_judged(i);
    });
    if (!part) return {};
    return fmt::format("Whether the cache was away is not known: {} of the answers{} were hits before it was "
                       "stopped, and {} while it was to be. Look at what --cache-down does; where a fallback "
                       "hits, say how often: --assert 'down.hit_rate >= 50%'.",
                       format_percent(part->result().pooled(ArmKind::up).hit_rate().value_or(0)), part->of(),
                       format_percent(part->result().pooled(ArmKind::down).hit_rate().value_or(0)));
}

} // namespace roacache::bench
