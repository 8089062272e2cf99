#pragma once

#include "src/core/clock.hpp"

#include <filesystem>
#include <poll.h>
#include <span>
#include <sys/types.h>
#include <utility>

namespace roacache::core {

/// Owns a file descriptor.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() { close(); }
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept;

    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }
    /// 0, or the errno of close(2), which matters after a write.
    int close();

  private:
    int fd_ = -1;
};

/// For each of the descriptors 0 to 2 that is closed opens one on which reads and writes fail, so that no
/// file or socket gets its number and a lost answer is noticed. To be called first of all.
void open_standard_descriptors();

/// poll(2) that ends at the deadline, and not up to a millisecond behind it.
int poll_until(std::span<pollfd> watched, Deadline deadline);

/// Waits for poll(2) `events` on `fd`. True when they are there, or an error or a hang-up that the next read
/// or write reports; false when an interrupt came that cuts the wait short, or the
/// deadline passed, first.
bool wait_ready(int fd, short events, Deadline deadline = Deadline::never());

/// open(2) that an interrupt ends: the result is non-blocking and close-on-exec. A FIFO that is opened for
/// writing waits for its reader; one that is opened for reading waits in wait_ready() for its writer. Where
/// it fails the result is closed and `error` holds the errno (EINTR after an interrupt), else 0.
Descriptor open_interruptibly(const std::filesystem::path& path, int flags, int& error, mode_t mode = 0666);

/// A file without a name, for reading and writing, that is gone with its last descriptor: in TMPDIR or /tmp,
/// and in memory where neither can be written to. Closed with errno where there is none of them.
Descriptor open_anonymous_file();

/// As open_anonymous_file(), in memory at once: for little.
Descriptor open_memory_file();

} // namespace roacache::core
