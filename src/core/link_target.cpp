#include "src/core/link_target.hpp"

#include <cerrno>
#include <charconv>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace roacache::core {
namespace {

namespace fs = std::filesystem;

constexpr int k_most_links = 40; // Linux's own limit

bool is_strangers_link(const fs::path& path, const struct stat& link) {
    struct stat folder {};
    if (::stat(folder_of(path).c_str(), &folder) != 0) return false;
    const bool anyone_writes = (folder.st_mode & S_ISVTX) != 0 && (folder.st_mode & S_IWOTH) != 0;
    return anyone_writes && link.st_uid != ::geteuid() && link.st_uid != folder.st_uid;
}

/// Where the link leads, from this process's current folder; empty when it is none. `error` as of
/// link_target().
fs::path next_of(const fs::path& path, int& error) {
    struct stat link {};
    if (::lstat(path.c_str(), &link) != 0) {
        if (errno != ENOENT) error = errno;
        return {};
    }
    if (!S_ISLNK(link.st_mode)) return {};
    if (is_strangers_link(path, link)) {
        error = EACCES;
        return {};
    }
    std::error_code failure;
    const fs::path to = fs::read_symlink(path, failure);
    if (failure) error = failure.value();
    return to.is_absolute() || to.empty() ? to : folder_of(path) / to;
}

} // namespace

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

fs::path link_target(const fs::path& path, int& error) {
    error = 0;
    fs::path at = path;
    for (int links = 0; links <= k_most_links; ++links) {
        const fs::path next = next_of(at, error);
        if (error != 0 || next.empty()) return at;
        at = next;
    }
    error = ELOOP;
    return at;
}

std::optional<int> named_descriptor(const fs::path& path) {
    fs::path at = path;
    for (int links = 0; links <= k_most_links; ++links) {
        const fs::path plain = at.lexically_normal();
        if (plain == "/dev/stdin") return STDIN_FILENO;
        if (plain == "/dev/stdout") return STDOUT_FILENO;
        if (plain == "/dev/stderr") return STDERR_FILENO;
        if (plain.parent_path() == "/dev/fd" || plain.parent_path() == "/proc/self/fd") {
            int fd = -1;
            const std::string name = plain.filename().string();
            const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), fd);
            if (failure == std::errc{} && end == name.data() + name.size() && fd >= 0) return fd;
        }
        int error = 0;
        const fs::path next = next_of(at, error);
        if (error != 0 || next.empty()) return std::nullopt;
        at = next;
    }
    return std::nullopt;
}

} // namespace roacache::core
