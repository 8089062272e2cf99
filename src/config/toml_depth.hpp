#pragma once

#include <string>
#include <string_view>

namespace roacache::config {

/// Throws core::Error(usage) `bad WHAT: SOURCE:LINE:COLUMN: WHY` for a TOML document with a key of more than
/// 32 parts or with more than 32 lists and tables inside one another. To read, walk and free what is nested
/// more deeply takes a stack of any size.
void check_toml_depth(std::string_view text, const std::string& what, const std::string& source);

} // namespace roacache::config
