#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace roacache::core {

/// How a command of the user's ended.
struct ShellResult {
    int status = 0;         ///< its exit status; 128 and the signal's number when one ended it
    std::string output;     ///< of stdout and stderr together, the last 4 KiB
    bool cut_short = false; ///< the interrupt or the limit ended it
};

/// Runs `/bin/sh -c COMMAND` without input and waits for the shell, not for what it left running in the
/// background. An interrupt ends it and everything that it started; with a limit that alone does, so that a
/// command can put something back after an interrupt. Throws core::Error(bug) when no shell can be started.
ShellResult run_shell(const std::string& command, std::optional<std::chrono::nanoseconds> limit = {});

} // namespace roacache::core
