#pragma once

#include "src/core/clock.hpp"
#include "src/core/descriptor.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace roacache::core {

/// A program of the user's with this process's streams, terminal and process group.
class Program {
  public:
    /// Looked up in PATH. Throws Error(usage) `cannot run: NAME: WHY`.
    explicit Program(const std::vector<std::string>& argv);
    /// Ends it where it still runs: with SIGTERM, and after half a second with SIGKILL. After Ctrl-C, which a
    /// terminal sends to it too, it has half a second first.
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// True once it has ended; false when the deadline passed or an interrupt came first.
    bool wait(Deadline deadline = Deadline::never());
    /// As the destructor does. Its exit status, or 128 and the number of the signal that ended it.
    int end();

  private:
    bool ended(Deadline deadline) const;

    pid_t pid_ = -1;
    Descriptor process_;
    int status_ = 0;
};

} // namespace roacache::core
