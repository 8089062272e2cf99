#pragma once

#include "src/config/env_file.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace roacache::config {

/// What a roacache.toml says at its top.
struct SettingsTable {
    Variables values;               ///< as text by name: `url`, `timeout`, `password-file` …
    std::vector<std::string> tiers; ///< `url` of each of `[[tiers]]`
};

/// The table `profiles` is passed over: it has a reader of its own. Throws core::Error(usage) `bad config:
/// SOURCE:LINE:COLUMN: WHY` for TOML that is none, a name that is no setting, a value that is neither text,
/// number nor boolean, and a `url` beside `[[tiers]]`.
SettingsTable read_settings_table(std::string_view text, std::string_view source);

} // namespace roacache::config
