#pragma once

#include <iosfwd>

namespace roacache::output {

/// Where a command writes. stdout carries the answer and nothing else; progress, notes, warnings and errors
/// go to stderr. A terminal and stderr take text through an EscapingBuffer; a pipe gets the answer's bytes.
struct Streams {
    std::ostream& out;
    std::ostream& err;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool out_colour = false; ///< settled from --color, NO_COLOR and the stream
    bool err_colour = false;
    int width = 100; ///< columns of the terminal; 100 where there is none
};

/// Streams over the process's own descriptors 1 and 2; they live as long as the process. Colour is not
/// settled yet.
Streams process_streams();

} // namespace roacache::output
