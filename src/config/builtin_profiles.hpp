#pragma once

#include <span>
#include <string_view>

namespace roacache::config {

/// A file of src/config/profiles, embedded when the program is built (see embed.cmake there).
struct BuiltinProfile {
    std::string_view name; ///< of the file, without `.toml`
    std::string_view text;
};

/// In the order of their names.
std::span<const BuiltinProfile> builtin_profile_sources();

} // namespace roacache::config
