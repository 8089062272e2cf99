#pragma once

#include "src/core/descriptor.hpp"

#include <filesystem>

namespace roacache::core {

/// Keeps something for one process at a time, by a lock on a file of this user's own. The lock ends with its
/// process, however that ends; the file may stay, and what was written into it.
class FileLock {
  public:
    /// Makes the file (mode 0600) where there is none; a link in its place is not followed. Throws
    /// Error(usage) `cannot lock: PATH: WHY`.
    explicit FileLock(std::filesystem::path path);

    /// False: another process has it. The descriptor then reads what that one wrote.
    bool held() const { return held_; }
    int descriptor() const { return file_.get(); }
    const std::filesystem::path& path() const { return path_; }
    /// Takes the file away, to be called by whoever holds it and last of all.
    void remove() const;

  private:
    std::filesystem::path path_;
    Descriptor file_;
    bool held_ = false;
};

/// A lock's file, for reading, where it is there and nobody has it locked; else closed. Asked, not taken:
/// whoever wants the lock meanwhile gets it.
Descriptor open_unlocked(const std::filesystem::path& path);

} // namespace roacache::core
