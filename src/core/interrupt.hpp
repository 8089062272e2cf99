#pragma once

namespace roacache::core {

/// Ctrl-C and SIGTERM, as a state to ask for and a descriptor to poll.
///
/// The first signal asks for an orderly end: what was measured or done is reported. A second one ends the
/// process at once with exit code 130.
class Interrupt {
  public:
    /// Takes over SIGINT and SIGTERM and ignores SIGPIPE (a closed pipe is seen as a write error).
    static void install();

    /// True from the first signal on. Async-signal-safe to set, cheap to ask.
    static bool requested();

    /// A descriptor that is readable from the first signal on; -1 before install(). Never read from it.
    static int fd();

    /// As if a signal had come; for tests and for a service that is told to stop.
    static void request();
};

} // namespace roacache::core
