#pragma once

#include "src/core/untrusted.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace roacache::output {

/// True when `bytes` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view bytes);

/// Bytes as text for people: UTF-8 stays; what is not UTF-8, every character that is_visible() is not true of
/// (newline and tab too), and what begins a command to a CI runner that reads the log (`::error`,
/// `##[error]`) is `\xHH`, a backslash is `\\`. Never changes the terminal's state, and no two texts print
/// alike.
std::string printable(std::string_view bytes);
std::string printable(const core::Untrusted& text);

/// The same for text that may have been made printable() already, in part: a backslash stays single.
std::string harmless(std::string_view text);

/// A percent-encoded URL for people: what it has encoded of characters beyond ASCII is shown as these, but
/// for what printable() would change. It asks for the same as before.
std::string readable_url(std::string_view url);

/// `\xHH` for each byte.
std::string hex_escaped(std::string_view bytes);

/// At most the first `most_bytes`, and no part of a character at the end.
std::string_view beginning(std::string_view bytes, std::size_t most_bytes);

std::string base64(std::string_view bytes);

/// Bytes in JSON: a string when they are UTF-8, else `{"base64": "…"}`.
nlohmann::json json_bytes(std::string_view bytes);
nlohmann::json json_bytes(const core::Untrusted& text);

/// Columns that a UTF-8 text takes on a terminal; wide and combining characters are counted as the C library
/// does.
int display_width(std::string_view text);

} // namespace roacache::output
