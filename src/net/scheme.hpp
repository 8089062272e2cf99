#pragma once

#include "src/net/url.hpp"

#include <span>

namespace roacache::net {

/// One URL scheme that roacache knows.
struct Scheme {
    std::string_view name;
    UrlKind kind;
    bool tls;
    std::uint16_t default_port; ///< 0 where there is none
    bool alias = false;         ///< another client's spelling of one of the others; not listed
};

/// All of them, in the order in which help and remedies list them.
std::span<const Scheme> schemes();

/// Null when the name (lower case) is unknown.
const Scheme* find_scheme(std::string_view name);

} // namespace roacache::net
