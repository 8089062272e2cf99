#pragma once

#include "src/output/streams.hpp"

#include <ostream>
#include <string>

namespace roacache::commands {

/// Whether there is somebody to be asked: standard input is a terminal.
bool can_ask();

/// Asks on `stream` and reads a line from standard input; true for `y` or `yes` only. Ctrl-C is a no.
bool confirm(std::ostream& stream, const std::string& question);

/// The same on stderr or, where that is no terminal, on the terminal itself.
bool confirm_on_terminal(output::Streams& streams, const std::string& question);

} // namespace roacache::commands
