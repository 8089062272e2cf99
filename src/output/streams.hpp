#pragma once

#include "src/output/descriptor_stream.hpp"
#include "src/output/escaping_buffer.hpp"

#include <ostream>

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
    int terminal = -1;                      ///< the descriptor of one of them that is a terminal; -1: none
    const DescriptorBuffer* sink = nullptr; ///< where `out` ends up; null where that is no descriptor
    bool cut_short = false; ///< set by who ends an answer early, as a list that is interrupted

    /// Of the terminal as it is now; 100 where there is none, or where it is too narrow for anything.
    int columns() const;
    /// What was written to `out` could not be, since whoever read it went away.
    bool reader_is_gone() const;
};

/// The process's own descriptors 1 and 2 as streams, flushed at the end. Colour is not settled yet.
class ProcessStreams {
    DescriptorBuffer out_sink_, err_sink_;
    EscapingBuffer escaped_out_{out_sink_}, escaped_err_{err_sink_};
    std::ostream out_, err_;

  public:
    ProcessStreams();
    ~ProcessStreams();
    ProcessStreams(const ProcessStreams&) = delete;
    ProcessStreams& operator=(const ProcessStreams&) = delete;

    Streams streams{.out = out_, .err = err_};
};

} // namespace roacache::output
