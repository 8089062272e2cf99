#include "src/output/streams.hpp"

#include <cerrno>
#include <sys/ioctl.h>
#include <unistd.h>

namespace roacache::output {

int Streams::columns() const {
    constexpr int k_usual = 100, k_least = 20;
    winsize size{};
    return ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col >= k_least ? size.ws_col : k_usual;
}

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
    if (streams.err_is_terminal) streams.terminal = STDERR_FILENO;
    if (streams.out_is_terminal) streams.terminal = STDOUT_FILENO;
}

ProcessStreams::~ProcessStreams() {
    out_.flush();
    err_.flush();
}

} // namespace roacache::output
