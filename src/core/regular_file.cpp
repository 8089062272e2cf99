#include "src/core/regular_file.hpp"

#include "src/core/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roacache::core {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_reading(const fs::path& path, const std::string& why) {
    throw Error(ExitCode::usage, fmt::format("cannot read: {}: {}", path.string(), why));
}

/// Closes at the end.
struct Opened {
    explicit Opened(const fs::path& path)
        : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
    ~Opened() {
        if (fd >= 0) ::close(fd);
    }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;
    const int fd;
};

std::string who_else(const struct stat& status, const std::string& what) {
    if (status.st_uid != ::geteuid() && status.st_uid != 0)
        return fmt::format("{} belongs to user {}", what, status.st_uid);
    const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX);
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) && !sticky) return "others may write to " + what;
    return {};
}

} // namespace

std::string read_regular_file(const fs::path& path, std::size_t most) {
    const Opened file(path);
    if (file.fd < 0) fail_reading(path, errno_text(errno));
    struct stat status {};
    if (::fstat(file.fd, &status) != 0) fail_reading(path, errno_text(errno));
    if (!S_ISREG(status.st_mode))
        fail_reading(path, S_ISDIR(status.st_mode) ? "it is a folder" : "it is no regular file");
    std::string content;
    for (;;) {
        const std::size_t kept = content.size();
        content.resize(kept + 65'536);
        const ssize_t got = ::read(file.fd, content.data() + kept, content.size() - kept);
        const int error = errno;
        content.resize(kept + static_cast<std::size_t>(got > 0 ? got : 0));
        if (got < 0 && error == EINTR) continue;
        if (got < 0) fail_reading(path, errno_text(error));
        if (got == 0) return content;
        if (content.size() > most) fail_reading(path, fmt::format("it is longer than {} bytes", most));
    }
}

std::string who_else_wrote(const fs::path& path) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    struct stat status {};
    if (error || ::stat(real.c_str(), &status) != 0) return "nobody knows whose it is";
    if (std::string who = who_else(status, "it"); !who.empty()) return who;
    for (fs::path folder = real.parent_path();; folder = folder.parent_path()) {
        if (::stat(folder.c_str(), &status) != 0) return "nobody knows whose its folder is";
        if (std::string who = who_else(status, "its folder " + folder.string()); !who.empty()) return who;
        if (folder == folder.root_path()) return {};
    }
}

} // namespace roacache::core
