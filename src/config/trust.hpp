#pragma once

#include "src/config/env_file.hpp"
#include "src/core/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace roacache::config {

/// Who may say something, the least trusted first. It is not the order of precedence. A secret goes only to
/// an address from the same or a more trusted place.
enum class Trust {
    directory, ///< ./roacache.toml, which may be anybody's
    env_file,  ///< the service's .env file
    user_file, ///< the user's config.toml
    environment,
    named_file, ///< the file of --config, or ./roacache.toml once it was trusted
    flag,
    builtin ///< a default
};

/// `not trusted: FILE: WHY`, with the ways to trust it as remedy.
core::Error not_trusted(const std::filesystem::path& file, const std::string& why);

/// Whether the user trusted the file with exactly this content. Never throws: what cannot be read is not
/// trusted.
bool is_trusted(const std::filesystem::path& file, const std::string& content, const Variables& environment);

/// Remembers, under $XDG_STATE_HOME/roacache/trusted or ~/.local/state/roacache/trusted, that the file is
/// trusted as long as its content is this. Throws core::Error(usage) when that cannot be written.
void remember_trust(const std::filesystem::path& file, const std::string& content,
                    const Variables& environment);

/// Forgets every content of the file that was trusted; how many there were. Throws core::Error(usage).
std::size_t forget_trust(const std::filesystem::path& file, const Variables& environment);

struct TrustedFile {
    std::string path; ///< absolute
    bool current;     ///< whether the file is there with the content that was trusted
};

/// Every file that is trusted, by path.
std::vector<TrustedFile> trusted_files(const Variables& environment);

} // namespace roacache::config
