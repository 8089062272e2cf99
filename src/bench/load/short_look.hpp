#pragma once

#include <span>
#include <sys/epoll.h>

namespace roacache::bench {

/// Looks for events for a moment before an epoll loop goes to sleep.
///
/// A server on another core pays some 10 us for waking a client that sleeps, in which it could have answered
/// another request. With several requests under way the next answer is often there sooner than that. Where it
/// nearly always is, though, answers come without end and are better fetched several at a time, and where it
/// seldom is, looking costs more than it spares: then there is no looking for a while.
class ShortLook {
  public:
    /// As epoll_wait(2) with a limit of a few microseconds; 0 also when it does not look.
    int events(int epoll, std::span<epoll_event> events);

  private:
    unsigned looks_ = 0; // since it began to look
    unsigned found_ = 0; // of these
    unsigned left_out_ = 0;
};

} // namespace roacache::bench
