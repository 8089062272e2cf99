#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace roacache::output {

/// True when `bytes` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view bytes);

/// Bytes as text for people: UTF-8 stays, what is not UTF-8 and every control character (newline and tab too)
/// is `\xHH`, a backslash is `\\`. Never changes the terminal's state.
std::string printable(std::string_view bytes);

std::string base64(std::string_view bytes);

/// Bytes in JSON: a string when they are UTF-8, else `{"base64": "…"}`.
nlohmann::json json_bytes(std::string_view bytes);

/// Columns that a UTF-8 text takes on a terminal; wide and combining characters are counted as the C library
/// does.
int display_width(std::string_view text);

} // namespace roacache::output
