#pragma once

#include "src/analysis/facts.hpp"

#include <filesystem>

namespace roacache::commands {

/// What this machine tells of itself, where it is the one that the server runs on: the connection is to a
/// Unix socket or a loopback address, and the process that the server says it is runs here under a server's
/// name, on the kernel that it says. `root` is the folder that holds /proc and /sys. What cannot be read is
/// absent.
store::Told<analysis::Host> read_host(const std::filesystem::path& root, const analysis::Facts& facts);

} // namespace roacache::commands
