#pragma once

#include "src/core/ascii.hpp"

#include <array>
#include <string_view>

namespace roacache::net {

/// RFC 9110 5.6.2: what names of methods and headers are made of, by character.
inline constexpr std::array<bool, 256> k_token_chars = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < table.size(); ++c)
        table[c] = core::is_alnum(static_cast<char>(c));
    for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

constexpr bool is_token_char(char c) {
    return k_token_chars[static_cast<unsigned char>(c)];
}

constexpr bool is_token(std::string_view text) {
    for (const char c : text)
        if (!is_token_char(c)) return false;
    return !text.empty();
}

} // namespace roacache::net
