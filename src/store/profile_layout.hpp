#pragma once

#include "src/config/profile.hpp"
#include "src/layout/layout.hpp"
#include "src/layout/params_hash.hpp"

#include <optional>
#include <string>
#include <vector>

namespace roacache::store {

/// A profile's layouts, compiled. Throws core::Error(usage) naming file, line and column of a bad template.
layout::Layout layout_of(const config::Profile& profile);

/// A profile's hash rule; nothing when its keys hold no hash of the call.
std::optional<layout::HashRule> hash_rule_of(const config::Profile& profile);

/// What an event makes stale, as choices that add up; `tenant` narrows each, absent for all tenants.
/// Throws core::Error(usage) when the event needs a value and has none, takes none and has one, or when the
/// value holds the layout's separator.
std::vector<layout::Choice> choices_of(const config::Profile& profile, const layout::Layout& layout,
                                       const config::Event& event, const std::optional<std::string>& value,
                                       const std::optional<layout::Pattern>& tenant);

/// Compiles all that a profile holds and throws core::Error(usage) for the first thing that is wrong, naming
/// file, line and column where known.
void check_profile(const config::Profile& profile);

} // namespace roacache::store
