#pragma once

#include "src/bench/model/plan.hpp"

#include <map>
#include <string>
#include <vector>

namespace roacache::bench {

/// What the header of one answer said of the caches on its way.
struct CacheSigns {
    struct Sign {
        HitHeader header;  ///< that would tell hits from misses
        bool hit = false;  ///< what it told of this answer
        std::string value; ///< all of it, printable
        bool operator==(const Sign&) const = default;
    };
    std::vector<Sign> signs; ///< surest first
    /// Those that say whether the answer may be stored, and who served it, by their names in lower case;
    /// printable, of a cookie the name only. Several lines of a name are joined by `, `.
    std::map<std::string, std::string> fields;

    bool operator==(const CacheSigns&) const = default;
    /// The first sign of a hit; null: none.
    const Sign* hit() const;
};

/// Why a shared cache does not store such answers, by RFC 9111: `Cache-Control: private, Set-Cookie: id`.
/// Empty where nothing speaks against it.
std::string obstacles_text(const CacheSigns& signs);

/// Who served it: `Server: nginx, Via: 1.1 varnish (Varnish/7.1)`, and the cache's product where a header
/// tells it; empty where nothing does.
std::string served_by_text(const CacheSigns& signs);

} // namespace roacache::bench
