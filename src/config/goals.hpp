#pragma once

#include "src/core/requirement.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::config {

/// A figure of a cache that goals and the asserts of `stats` may name.
enum class GoalQuantity : std::uint8_t {
    hit_rate,         ///< hits among all lookups
    entries,          ///< how many there are
    bytes,            ///< what they take
    bytes_per_entry,  ///< on the average
    no_ttl,           ///< entries that never expire
    exceeding_policy, ///< entries that live longer than the profile grants
    memory,           ///< what the store takes, whoever uses it
    evictions,        ///< entries removed for want of memory
};

/// What has to hold of a cache, or of one resource.
struct Goal {
    core::Requirement requirement; ///< its quantity without the resource
    GoalQuantity quantity = GoalQuantity::entries;
    std::string resource; ///< empty: of all
};

/// What the operators of a system want of its cache.
struct Goals {
    std::vector<Goal> overall;
    std::map<std::string, std::vector<Goal>> resources;

    std::vector<Goal> all() const; ///< the overall ones first
};

/// `hit_rate >= 85%`, `bytes_per_entry <= 2KB`, `memory <= 10GB`, `entries > 0`; of one resource
/// `RESOURCE.bytes_per_entry <= 2KB`. Throws core::Error(usage) `bad WHAT: EXPR: WHY`.
Goal parse_goal(std::string_view expr, std::string_view what);

/// The quantities, for people, on two lines: `hit_rate, entries` …
std::string goal_quantities_help();

} // namespace roacache::config
