#pragma once

#include "src/config/env_file.hpp"
#include "src/config/trust.hpp"

#include <filesystem>
#include <string>

namespace roacache::config {

/// A file of settings, read once: what is trusted and what is used are the same bytes.
struct ConfigFile {
    std::filesystem::path path;
    std::string text;
    Trust trust = Trust::directory;
};

/// The whole file. Throws core::Error(usage) at once for what is no regular file (a FIFO, a device, a
/// folder), is larger than 1 MiB, belongs to another user than root or this one, or may be written to by
/// others.
std::string read_config_file(const std::filesystem::path& path);

/// ./roacache.toml, with the trust that the user gave to it.
ConfigFile read_directory_file(const std::filesystem::path& path, const Variables& environment);

} // namespace roacache::config
