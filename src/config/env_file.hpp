#pragma once

#include <map>
#include <string>
#include <string_view>

namespace roacache::config {

using Variables = std::map<std::string, std::string>;

/// The variables of a `.env` file: `NAME=value`, `export NAME=value`, single quotes (literal), double quotes
/// (with the usual backslash escapes for line breaks, tabs, quotes, dollar signs and backslashes), both over
/// several lines if need be, `#` comments on their own or after white space. A name alone is skipped, as
/// docker does. `source` names the file in messages. Throws core::Error(usage) `bad env file: SOURCE:LINE:
/// WHY`; the line itself is not echoed, since it may hold a secret.
Variables parse_env_file(std::string_view text, std::string_view source);

} // namespace roacache::config
