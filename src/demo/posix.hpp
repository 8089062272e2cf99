#pragma once

#include <filesystem>
#include <string_view>

namespace roacache::demo {

/// Owns a descriptor; closed at the end.
class FileDescriptor {
  public:
    explicit FileDescriptor(int fd) : fd_(fd) {}
    ~FileDescriptor();
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }

  private:
    int fd_;
};

/// A file that is gone at the end, if it is there at all.
class RemovedAtEnd {
  public:
    explicit RemovedAtEnd(std::filesystem::path path) : path_(std::move(path)) {}
    ~RemovedAtEnd();
    RemovedAtEnd(const RemovedAtEnd&) = delete;
    RemovedAtEnd& operator=(const RemovedAtEnd&) = delete;

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Writes everything; 0, or the errno that writing ended with.
int write_fully(int fd, std::string_view bytes);

/// Throws core::Error(usage) `WHAT: PATH: WHY`.
[[noreturn]] void fail_errno(const char* what, const std::filesystem::path& path, int saved_errno);

} // namespace roacache::demo
