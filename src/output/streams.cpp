#include "src/output/streams.hpp"

#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace roacache::output {

Streams process_streams() {
    Streams streams{std::cout, std::cerr};
    streams.out_is_terminal = isatty(STDOUT_FILENO) == 1;
    streams.err_is_terminal = isatty(STDERR_FILENO) == 1;
    winsize size{};
    const int terminal = streams.out_is_terminal ? STDOUT_FILENO : STDERR_FILENO;
    if (ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) streams.width = size.ws_col;
    return streams;
}

} // namespace roacache::output
