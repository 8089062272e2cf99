#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace roacache::output {

/// JSON as roacache writes it, on one line, or indented by so many blanks: every character that is_visible()
/// is not true of is an ASCII escape (`\u202e`), and bytes that are not UTF-8 are U+FFFD. Never throws for
/// any value.
std::string json_text(const nlohmann::json& value, int indent = -1);
std::string json_text(const nlohmann::ordered_json& value, int indent = -1);

/// Well-formed JSON with the same characters escaped; it stays the same value.
std::string harmless_json(std::string json);

} // namespace roacache::output
