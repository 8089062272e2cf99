#pragma once

#include "commands/follow/row_selectors.hpp"
#include "commands/keys/invalidation.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace roacache::commands::follow {

/// So many values are invalidated in one walk at most, for each key that the store gives is held against all.
inline constexpr std::size_t k_most_together = 100;

/// Whether several values can be invalidated in one walk: they are values of events, the one store walks and
/// counts, and no limit is set that is of one value (--max-keys).
bool go_together(const InvalidateOptions& removal, const RowSelectors& selectors,
                 const config::Settings& settings);

/// What came of values that were invalidated in one walk, as `invalidate -o json` would say it of each. What
/// is known of the whole walk only (`sent`, `expired`) is null, and `together` says how many values it was.
/// `descriptions` are the values' own selectors. Empty where `joined` does not tell the values apart.
std::vector<nlohmann::ordered_json> told_apart(const nlohmann::ordered_json& joined,
                                               const std::vector<std::string>& descriptions);

/// What counts what was done: `removed`, or with --soft `shortened`.
const char* count_of_changed(const nlohmann::ordered_json& invalidation);

/// Adds keys that were removed for a value before, in a walk that did not come to its end.
void add_removed(nlohmann::ordered_json& invalidation, std::uint64_t removed);

} // namespace roacache::commands::follow
