#pragma once

#include <cstddef>
#include <string_view>

namespace roacache::output {

/// Bytes of the well-formed UTF-8 sequence at the start of `bytes`, 1 to 4; 0 when there is none (Unicode 15,
/// table 3-7: no overlong forms, no surrogates).
std::size_t sequence_length(std::string_view bytes);

/// What one such sequence, and nothing behind it, encodes.
char32_t code_point(std::string_view sequence);

/// Whether a character stays as it is where people read it. Not: control and format characters (Cc, Cf), line
/// and paragraph separators, surrogates, noncharacters, and everything that is drawn as nothing at all
/// (Default_Ignorable_Code_Point: fillers, variation selectors, tags). Characters for private use and those
/// that are not assigned are.
bool is_visible(char32_t code);

} // namespace roacache::output
