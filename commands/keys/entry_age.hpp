#pragma once

#include "src/store/walk.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace roacache::commands {

/// How old an entry is, and whether it lives for as long as its policy grants.
struct EntryAge {
    /// Since it was written: as the store tells, or else if it was written with what the policy grants;
    /// absent where that cannot be so.
    std::optional<std::int64_t> age_ms;
    /// Whether it lives longer than the policy grants, or for ever; absent where policy or time is not known.
    std::optional<bool> exceeds_policy;
};

inline EntryAge entry_age(const store::Description& entry,
                          const std::optional<std::chrono::seconds>& granted) {
    constexpr std::int64_t k_rounded_ms = 2000; // moments may be whole seconds
    const std::optional<std::int64_t>&ttl_ms = entry.ttl_ms, age_ms = entry.age_ms;
    if (!ttl_ms || !granted) return {age_ms, std::nullopt};
    const std::int64_t granted_ms = std::chrono::milliseconds(*granted).count();
    if (*ttl_ms == store::k_no_ttl || *ttl_ms > granted_ms) return {age_ms, true};
    if (age_ms) return {age_ms, *age_ms + *ttl_ms > granted_ms + k_rounded_ms};
    return {granted_ms - *ttl_ms, false};
}

} // namespace roacache::commands
