#include "src/output/streams.hpp"

#include "src/output/escaping_buffer.hpp"

#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace roacache::output {

Streams process_streams() {
    static EscapingBuffer escaped_out(*std::cout.rdbuf()), escaped_err(*std::cerr.rdbuf());
    static std::ostream escaped(&escaped_out), messages(&escaped_err);
    const bool out_is_terminal = isatty(STDOUT_FILENO) == 1;
    Streams streams{out_is_terminal ? escaped : std::cout, messages};
    messages << std::unitbuf;
    messages.tie(&streams.out);
    streams.out_is_terminal = out_is_terminal;
    streams.err_is_terminal = isatty(STDERR_FILENO) == 1;
    winsize size{};
    const int terminal = streams.out_is_terminal ? STDOUT_FILENO : STDERR_FILENO;
    if (ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) streams.width = size.ws_col;
    return streams;
}

} // namespace roacache::output
