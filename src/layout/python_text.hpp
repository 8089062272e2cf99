#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::layout {

/// Texts and floats as Python's json.dumps spells them (ensure_ascii), and back. What a whole JSON document
/// needs is in python_json.hpp.

/// Appends a text as a canonical JSON string. Throws core::Error(usage) when it is not UTF-8.
void append_string(std::string_view utf8, std::string& out);

/// Appends a number as Python's float.__repr__ spells it; NaN, Infinity and -Infinity as json.dumps does.
void append_real(double value, std::string& out);

/// Appends the text of a canonical JSON string: UTF-8, and lone surrogates as three bytes.
void append_decoded(std::string_view canonical, std::string& out);

/// Appends one UTF-16 unit as it is within a canonical string: itself, or its escape.
void append_unit(std::uint32_t unit, std::string& out);

/// Appends one code point as append_unit() does, beyond U+FFFF as a surrogate pair.
void append_code(std::uint32_t code, std::string& out);

/// Takes one character beyond ASCII off the front of `text`; false when it is not UTF-8.
bool take_utf8(std::string_view& text, std::uint32_t& code);

/// The value of the four hexadecimal digits at the front.
std::optional<std::uint32_t> hex4(std::string_view text);

} // namespace roacache::layout
