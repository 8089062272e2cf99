#pragma once

#include "src/config/env_file.hpp"

#include <string>
#include <string_view>

namespace roacache::config {

/// The settings at the top of a roacache.toml, as text by name (`url`, `timeout`, `password-file` …). The
/// table `profiles` is passed over: it has a reader of its own. Throws core::Error(usage) `bad config:
/// SOURCE:LINE:COLUMN: WHY` for TOML that is none, a name that is no setting, and a value that is neither
/// text, number nor boolean.
Variables read_settings_table(std::string_view text, std::string_view source);

} // namespace roacache::config
