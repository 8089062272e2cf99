#pragma once

#include <string>

namespace roacache::commands {

/// Standard input, copied into a file so that it can be read more than once. The file goes with this object.
class SpooledInput {
  public:
    /// Throws core::Error(usage) `cannot write: PATH: WHY`.
    SpooledInput();
    ~SpooledInput();
    SpooledInput(const SpooledInput&) = delete;
    SpooledInput& operator=(const SpooledInput&) = delete;

    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

} // namespace roacache::commands
