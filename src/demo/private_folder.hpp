#pragma once

#include "src/demo/posix.hpp"

#include <filesystem>
#include <memory>

namespace roacache::demo {

/// A folder under the system's temporary folder that only this user may enter, removed at the end. Folders
/// that killed services left behind are removed on the way: a living one holds a lock on its folder.
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
    std::unique_ptr<FileDescriptor> lock_;
};

} // namespace roacache::demo
