#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace roacache::store {

/// What may be asked of a store.
enum class Capability : std::uint8_t {
    list,               ///< its keys, by a walk
    describe,           ///< type, time to live and size of an entry
    erase_by_key,       ///< named entries are removed
    erase_by_selection, ///< entries are found and removed
    count,              ///< how many entries are meant, without changing any
    expire,             ///< times to live are shortened
    idle,               ///< how long an entry has not been used
    values,             ///< are read
    switches,           ///< the service's use of the cache is switched off and on
    notify,             ///< the service is told what was removed
};

/// Each with the name that it has in documents, in the order in which they are listed.
inline constexpr std::array<std::pair<Capability, std::string_view>, 10> k_capabilities{{
    {Capability::list, "list"},
    {Capability::describe, "describe"},
    {Capability::erase_by_key, "erase_by_key"},
    {Capability::erase_by_selection, "erase_by_selection"},
    {Capability::count, "count"},
    {Capability::expire, "expire"},
    {Capability::idle, "idle"},
    {Capability::values, "values"},
    {Capability::switches, "switches"},
    {Capability::notify, "notify"},
}};

/// Which of them a store lacks, or has in part, and why, in a few words that stand behind a colon.
struct Capabilities {
    std::map<Capability, std::string> missing;
    std::map<Capability, std::string> limited; ///< a part is missing, or not every key may be asked about

    bool has(Capability capability) const { return !missing.contains(capability); }
};

} // namespace roacache::store
