#pragma once

#include "commands/cli_app.hpp"

#include <string>

namespace roacache::commands {

/// A value as its option's type lets it be printed (Secrecy).
std::string redacted_value(const CLI::Option& option, const std::string& value);

/// The command line that the parser has parsed, quoted for a shell: program, options and arguments of each
/// command in their order, each value as its option's type lets it be printed.
std::string redacted_command_line(const CLI::App& app);

} // namespace roacache::commands
