#pragma once

#include <string>

namespace roacache::core {

/// How a command of the user's ended.
struct ShellResult {
    int status = 0;           ///< its exit status; 128 and the signal's number when one ended it
    std::string output;       ///< of stdout and stderr together, the last 4 KiB
    bool interrupted = false; ///< Interrupt ended it
};

/// Runs `/bin/sh -c COMMAND` without input and waits for the shell, not for what it left running in the
/// background. An interrupt ends it and everything that it started. Throws core::Error(bug) when no shell can
/// be started.
ShellResult run_shell(const std::string& command);

} // namespace roacache::core
