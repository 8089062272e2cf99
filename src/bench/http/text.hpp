#pragma once

#include <array>
#include <string_view>

namespace roacache::bench {

/// ASCII only, whatever the locale: what HTTP needs of characters.
constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_alnum(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

/// RFC 9110 5.6.2: what names of methods and headers are made of, by character.
inline constexpr std::array<bool, 256> k_token_chars = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < table.size(); ++c)
        table[c] = is_alnum(static_cast<char>(c));
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

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

/// Without spaces, tabs and line ends (of a folded header) at both ends.
constexpr std::string_view trimmed(std::string_view text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

} // namespace roacache::bench
