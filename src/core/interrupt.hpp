#pragma once

#include "src/core/clock.hpp"

namespace roacache::core {

/// Ctrl-C, SIGTERM and SIGHUP, as a state to ask for and a descriptor to poll.
///
/// The first signal asks for an orderly end: what was measured or done is reported. A second one, more than
/// 50 ms later, ends the process at once with exit code 130, but for SIGHUP, which a terminal that goes away
/// repeats.
class Interrupt {
  public:
    /// Takes over SIGINT, SIGTERM and SIGHUP, blocked by the parent or not, and ignores SIGPIPE (a closed
    /// pipe is seen as a write error). What the parent had ignored: SIGHUP stays so (nohup), and so does the
    /// Ctrl-C of a terminal that standard input is not (a job in the background of a script), while SIGINT
    /// from kill(1) is taken.
    static void install();

    /// After fork(2), in the child: what comes from now on is its own.
    static void part_from_parent();

    /// True from the first signal on. Async-signal-safe to set, cheap to ask.
    static bool requested();

    /// A descriptor that is readable from the first signal on; -1 before install(). Never read from it.
    static int fd();

    /// As if a signal had come; for tests and for a service that is asked to stop.
    static void request();
};

/// Whether an interrupt came, and the deadline does not outlast it.
bool is_cut_short(Deadline deadline);

} // namespace roacache::core
