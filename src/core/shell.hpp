#pragma once

#include <chrono>
#include <cstddef>
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
    output,   ///< it printed more than was wanted
};

/// How a command of the user's ended.
struct ShellResult {
    int status = 0;     ///< its exit status; 128 and the signal's number when one ended it
    std::string output; ///< of stdout and stderr together, the last 4 KiB
    ShellEnd ended_by = ShellEnd::itself;
};

/// Runs `/bin/sh -c COMMAND` without input and waits for the shell, not for what it left running in the
/// background. An interrupt ends it and everything that it started; with a limit that alone does, so that a
/// command can put something back after an interrupt. It is never in the terminal's foreground, so that
/// Ctrl-C is not sent to it; where it asks for something there, it is ended at once. It stays in the
/// terminal's session, by which sudo(8) knows what was unlocked before. Throws core::Error(bug) when no shell
/// can be started.
ShellResult run_shell(const std::string& command, std::optional<std::chrono::nanoseconds> limit = {});

/// What a command of the user's answered.
struct ShellAnswer {
    int status = 0;     ///< as of ShellResult
    std::string output; ///< of stdout, all of it
    std::string errors; ///< of stderr, the last 4 KiB
    ShellEnd ended_by = ShellEnd::itself;
};

/// As run_shell(), but that an interrupt, the limit, and more than `most_output` bytes each end it.
ShellAnswer ask_shell(const std::string& command, std::chrono::nanoseconds limit, std::size_t most_output);

} // namespace roacache::core
