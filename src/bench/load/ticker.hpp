#pragma once

#include <cstdint>

namespace roacache::bench {

/// A timer that wakes an epoll loop every 4 ms, so that a thread that waits for one answer after another is
/// woken sooner and with less work.
///
/// A core without work stops the kernel's tick and starts it again on being woken. Each takes programming the
/// hardware's timer anew, some 8 us in a virtual machine, unless another timer is due before the tick is.
class Ticker {
  public:
    /// Ticks for `epoll`, level-triggered under this tag, until destroyed.
    Ticker(int epoll, std::uint64_t tag);
    ~Ticker();
    Ticker(const Ticker&) = delete;
    Ticker& operator=(const Ticker&) = delete;

    /// Takes note of a tick; the next one comes only then.
    void take() const;

  private:
    int fd_; // -1 where the system has no more: all works without
};

} // namespace roacache::bench
