#pragma once

#include <functional>
#include <optional>
#include <string>
#include <toml++/toml.h>
#include <vector>

namespace roacache::config {

/// Puts the values of variables in place of `${NAME}` in every text of a document, names of keys apart; `$${`
/// means `${`. Returns the values of those that are secrets by their names. Throws core::Error(usage) `bad
/// WHAT: SOURCE:LINE:COLUMN: WHY` for a variable that `lookup` does not know or refuses (with a core::Error)
/// and for a `${` without its end.
std::vector<std::string>
replace_variables(toml::table& document, const std::string& what, const std::string& source,
                  const std::function<std::optional<std::string>(const std::string& name)>& lookup);

} // namespace roacache::config
