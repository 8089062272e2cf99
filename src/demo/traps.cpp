#include "src/demo/traps.hpp"

#include "src/core/error.hpp"
#include "src/core/nearest.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string>
#include <vector>

namespace roacache::demo {

std::span<const NamedTrap> named_traps() {
    static constexpr NamedTrap k_all[] = {
        {"positional", &Traps::positional,
         "positional arguments never reach the key: companies share an entry"},
        {"username", &Traps::username, "the user is left out of the key: one's answer serves another"},
        {"falsy", &Traps::falsy, "an empty list, an empty object and 0 are never a hit"},
        {"del-glob", &Traps::del_glob, "DEL takes no glob: what a write made stale stays"},
        {"prefix", &Traps::prefix,
         "a company that changed leaves its dashboards: 'dashboard' is no dashboard_*"},
        {"no-reconnect", &Traps::no_reconnect, "a Redis that is away at the start is never tried again"},
        {"open-toggle", &Traps::open_toggle, "every user may switch the cache for everybody"},
    };
    return k_all;
}

Traps parse_traps(std::string_view names) {
    Traps traps;
    std::vector<std::string> known{"all"};
    for (const NamedTrap& trap : named_traps())
        known.emplace_back(trap.name);
    for (std::size_t begin = 0; begin <= names.size();) {
        const std::size_t end = std::min(names.find(',', begin), names.size());
        const std::string_view name = names.substr(begin, end - begin);
        if (std::find(known.begin(), known.end(), name) == known.end())
            throw core::Error(
                core::ExitCode::usage,
                fmt::format("--vulnerable: '{}': no such trap{}", name, core::did_you_mean(name, known)),
                fmt::format("Traps are: {}.", fmt::join(known, ", ")));
        for (const NamedTrap& trap : named_traps())
            if (name == "all" || name == trap.name) traps.*trap.trap = true;
        begin = end + 1;
    }
    return traps;
}

} // namespace roacache::demo
