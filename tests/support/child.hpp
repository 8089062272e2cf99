#pragma once

#include "tests/support/process.hpp"

#include <utility>

namespace roacache::test {

/// Owns a file descriptor.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    ~Fd() { close(); }
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept;

    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }
    void close();
    void set_nonblocking() const;
    Fd duplicate() const; ///< close-on-exec, sharing the open file

  private:
    int fd_ = -1;
};

struct Pipe {
    Fd read, write;
};
Pipe open_pipe(); ///< close-on-exec

/// A terminal of 120 x 40 that neither echoes nor changes newlines, so that what comes out of `master` is
/// what the program wrote.
struct Terminal {
    Fd master, slave;
};
Terminal open_terminal();

/// A program in a process group of its own. Not ended by the destructor: whoever holds it calls reap().
class Child {
  public:
    Child() = default;
    explicit Child(pid_t pid) : pid_(pid) {}

    pid_t pid() const { return pid_; }
    /// True once it has ended; it stays to be reaped, so that its pid is nobody else's.
    bool ended() const;
    void signal(int number) const;
    /// Waits for the end, kills what is left of the group; the exit code, or -signal.
    int reap() const;

  private:
    pid_t pid_ = -1;
};

/// Starts argv with the three streams, in the environment and folder that `options` names. The program is
/// killed when the calling thread ends, so that nothing survives a killed test. Throws std::runtime_error
/// when it cannot be started. The terminal becomes the controlling one when `in` is one.
Child spawn(const std::vector<std::string>& argv, const RunOptions& options, int in, int out, int err);

} // namespace roacache::test
