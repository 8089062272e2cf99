#pragma once

#include "src/core/exit_code.hpp"

#include <stdexcept>
#include <string>

namespace roacache::core {

/// A failure that is reported to the user. Thrown by the layer that knows the cause, turned into an exit code
/// in commands/cli.cpp and nowhere else.
///
/// The message reads `WHAT: TARGET: WHY` (for example `cannot connect: 127.0.0.1:6379: connection refused`)
/// on one line and never holds a password or token; the remedy, where one is known, is a sentence of its own.
class Error : public std::runtime_error {
  public:
    Error(ExitCode code, const std::string& message, std::string remedy = {})
        : std::runtime_error(message), code_(code), remedy_(std::move(remedy)) {}

    ExitCode code() const { return code_; }
    const std::string& remedy() const { return remedy_; }

    /// Neither waiting nor another try mends it, as with a certificate that does not hold.
    bool lasts() const { return lasts_; }
    void set_lasting() { lasts_ = true; }

  private:
    ExitCode code_;
    std::string remedy_;
    bool lasts_ = false;
};

/// The operating system's message for an errno value, in lower case as roacache's messages have it. Takes the
/// value, not errno itself: save errno at once.
std::string errno_text(int saved_errno);

/// Its name, as `ECONNREFUSED`; of a number that has none `errno 4711`.
std::string errno_name(int saved_errno);

} // namespace roacache::core
