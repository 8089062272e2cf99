#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::core {

/// As one word of a command line: in single quotes where it needs any.
std::string shell_quoted(std::string_view text);

/// What ended a command of the user's.
enum class ShellEnd {
    itself,
    interrupt,
    limit,
    terminal, ///< it was stopped, for it wanted to read from the terminal or to set it, and then killed
};

/// Whether a limit takes the place of an interrupt.
enum class ShellLimit { alone, or_interrupt };

/// How a command of the user's ended.
struct ShellResult {
    int status = 0;     ///< its exit status; 128 and the signal's number when one ended it
    std::string output; ///< of stdout and stderr together, the last 4 KiB
    ShellEnd ended_by = ShellEnd::itself;
};

/// Runs `/bin/sh -c COMMAND` without input and waits for the shell, not for what it left running in the
/// background. An interrupt ends it and everything that it started; with a limit that alone does, so that a
/// command can put something back after an interrupt, unless `until` says that either does. It is never in
/// the terminal's foreground, so that Ctrl-C is not sent to it; where it asks for something there, it is
/// ended at once. It stays in the terminal's session, by which sudo(8) knows what was unlocked before. Throws
/// core::Error(bug) when no shell can be started.
ShellResult run_shell(const std::string& command, std::optional<std::chrono::nanoseconds> limit = {},
                      ShellLimit until = ShellLimit::alone);

} // namespace roacache::core
