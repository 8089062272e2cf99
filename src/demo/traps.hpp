#pragma once

#include <span>
#include <string_view>

namespace roacache::demo {

/// Faults of the served systems that the service reproduces, so that it can be seen how they are found.
struct Traps {
    bool positional = false;   ///< positional arguments never reach the key: companies share an entry
    bool username = false;     ///< the user's name is left out of the key: one's answer serves another
    bool falsy = false;        ///< what Python takes for false (`[]`, `{}`, 0) is never a hit
    bool del_glob = false;     ///< DEL takes no glob: invalidation removes nothing
    bool prefix = false;       ///< invalidating `dashboard` leaves every `dashboard_*`
    bool no_reconnect = false; ///< a Redis that is away at the start is never tried again
    bool open_toggle = false;  ///< whoever has a token switches the cache for everybody
};

/// A name by which a trap is chosen.
struct NamedTrap {
    std::string_view name;
    bool Traps::*trap;
    std::string_view meaning; ///< in a few words
};
std::span<const NamedTrap> named_traps();

/// `positional,falsy`, or `all`. Throws core::Error(usage) `--vulnerable: …` for any other name.
Traps parse_traps(std::string_view names);

} // namespace roacache::demo
