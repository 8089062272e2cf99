#pragma once

#include <string_view>

namespace roacache::http {

/// The first character of a text body that is no blank and not of a byte order mark, by which JSON and web
/// pages are told apart; NUL where there is none.
inline char first_character(std::string_view body) {
    const std::size_t begin = body.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    return begin == std::string_view::npos ? '\0' : body[begin];
}

inline bool is_web_page(std::string_view body) {
    return first_character(body) == '<';
}

} // namespace roacache::http
