#include "src/output/streams.hpp"

#include <cerrno>
#include <sys/ioctl.h>
#include <unistd.h>

namespace roacache::output {

bool Streams::reader_is_gone() const {
    return !out.good() && sink != nullptr && (sink->error() == EPIPE || sink->error() == ECONNRESET);
}

ProcessStreams::ProcessStreams()
    : out_sink_(STDOUT_FILENO, false), err_sink_(STDERR_FILENO, true),
      out_(isatty(STDOUT_FILENO) == 1 ? static_cast<std::streambuf*>(&escaped_out_) : &out_sink_),
      err_(&escaped_err_) {
    err_.tie(&out_);
    streams.sink = &out_sink_;
    streams.out_is_terminal = isatty(STDOUT_FILENO) == 1;
    streams.err_is_terminal = isatty(STDERR_FILENO) == 1;
    winsize size{};
    const int terminal = streams.out_is_terminal ? STDOUT_FILENO : STDERR_FILENO;
    if (ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) streams.width = size.ws_col;
}

ProcessStreams::~ProcessStreams() {
    out_.flush();
    err_.flush();
}

} // namespace roacache::output
