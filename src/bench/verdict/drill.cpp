#include "src/bench/verdict/drill.hpp"

#include "src/bench/verdict/format.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::bench {

std::optional<std::string> why_not_stopped(const Result& result, const std::vector<AssertResult>& asserts) {
    if (!result.plan.drill || !result.hits_provable()) return {};
    const auto before = result.pooled(ArmKind::up).hit_rate(), away = result.pooled(ArmKind::down).hit_rate();
    if (!before || !away || *before == 0.0 || 2 * *away < *before) return {};
    const bool is_judged = std::any_of(asserts.begin(), asserts.end(), [](const AssertResult& answer) {
        return answer.assertion.quantity == "down.hit_rate";
    });
    if (is_judged) return {};
    return fmt::format("Whether the cache was away is not known: {} of the answers were hits before it was "
                       "stopped, and {} while it was to be. Look at what --cache-down does; where a fallback "
                       "hits, say how often: --assert 'down.hit_rate >= 50%'.",
                       format_percent(*before), format_percent(*away));
}

} // namespace roacache::bench
