#pragma once

#include "commands/keys/removal_record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

inline constexpr const char* k_plan_schema = "roacache.plan/1";

/// Entries counted together.
struct PlannedGroup {
    std::optional<std::string> tenant, resource;
    bool others = false; ///< all groups for which there was no room
    std::uint64_t keys = 0;
    std::optional<std::uint64_t> bytes;
};

/// Entries of one of several servers.
struct PlannedNode {
    std::string node;
    std::uint64_t keys = 0;
    std::optional<std::uint64_t> bytes;
};

/// That a plan was applied.
struct Applied {
    std::string at; ///< UTC
    Person by;
    std::string run, outcome;
    std::uint64_t removed = 0;
};

/// What a removal would take, counted at one time.
struct Plan {
    RemovalRecord record; ///< of one store
    std::uint64_t keys = 0;
    std::optional<std::uint64_t> bytes; ///< absent: the store does not tell
    /// False: there were more keys than are told apart, and the store gave some of them again.
    bool exact = true;
    std::uint64_t absent = 0;         ///< named keys that were not there
    std::vector<PlannedGroup> groups; ///< the largest first
    std::vector<PlannedNode> nodes;   ///< empty: there is one alone
    std::optional<Applied> applied;

    /// Throws core::Error(usage) as Place does, also where the groups do not add up to the keys.
    static Plan read(const SealedDocument& document);
    nlohmann::ordered_json json() const;
};

nlohmann::ordered_json applied_json(const Applied& applied);

} // namespace roacache::commands
