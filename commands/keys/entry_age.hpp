#pragma once

#include "src/store/walk.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace roacache::commands {

/// What an entry's time to live shows when the one that its policy grants is known.
struct EntryAge {
    /// Since it was written, when it was written with what the policy grants; absent where that cannot be so.
    std::optional<std::int64_t> age_ms;
    /// Whether it lives longer than the policy grants, or for ever; absent where policy or time is not known.
    std::optional<bool> exceeds_policy;
};

inline EntryAge entry_age(const std::optional<std::int64_t>& ttl_ms,
                          const std::optional<std::chrono::seconds>& granted) {
    if (!ttl_ms || !granted) return {};
    const std::int64_t granted_ms = std::chrono::milliseconds(*granted).count();
    if (*ttl_ms == store::k_no_ttl || *ttl_ms > granted_ms) return {std::nullopt, true};
    return {granted_ms - *ttl_ms, false};
}

} // namespace roacache::commands
