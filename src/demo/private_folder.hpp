#pragma once

#include "src/demo/posix.hpp"

#include <filesystem>
#include <memory>

namespace roacache::demo {

/// A folder under the system's temporary folder that only this user may enter, for `ledger.sqlite` and
/// `cache.sqlite` and what SQLite puts next to them. At the end these files are removed, and the folder if
/// nothing else is in it.
///
/// Folders that killed services left behind are removed in the same way. Only such a folder counts as one
/// that is this user's, is closed to others, and holds a lock file of his that says what it is and that no
/// living process has locked. Neither a folder's name nor a link in its place is followed or believed.
class PrivateFolder {
  public:
    /// Throws core::Error(usage) when none can be made.
    PrivateFolder();
    ~PrivateFolder();
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
    std::unique_ptr<FileDescriptor> folder_;
    std::unique_ptr<FileDescriptor> lock_;
};

} // namespace roacache::demo
