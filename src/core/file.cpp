#include "src/core/file.hpp"

#include "src/core/error.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roacache::core {
namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& path, const std::string& why) {
    throw Error(ExitCode::usage, fmt::format("{}: {}: {}", what, path.string(), why));
}

/// Closes on every path; close errors matter only after a write and are checked there.
class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }
    int close() {
        const int result = ::close(fd_);
        fd_ = -1;
        return result;
    }

  private:
    int fd_;
};

/// Returns 0 or the errno of the failed write.
int write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

bool is_special(const std::filesystem::path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

void write_directly(const std::filesystem::path& path, std::string_view content) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0) fail("cannot write", path, errno_text(errno));
    if (const int error = write_all(file.get(), content)) fail("cannot write", path, errno_text(error));
}

} // namespace

std::string read_file(const std::filesystem::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) fail("cannot read", path, errno_text(errno));
    std::string content;
    char buffer[65536];
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("cannot read", path, errno_text(errno));
        if (got == 0) return content;
        content.append(buffer, static_cast<std::size_t>(got));
    }
}

void check_writable(const std::filesystem::path& path) {
    if (path.empty()) throw Error(ExitCode::usage, "cannot write: '': no file name given");
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode)) fail("cannot write", path, errno_text(EISDIR));
        if (::access(path.c_str(), W_OK) != 0) fail("cannot write", path, errno_text(errno));
        if (!S_ISREG(status.st_mode)) return;
    }
    const std::filesystem::path folder = folder_of(path);
    if (::stat(folder.c_str(), &status) != 0) fail("cannot write", path, errno_text(errno));
    if (!S_ISDIR(status.st_mode)) fail("cannot write", path, errno_text(ENOTDIR));
    if (::access(folder.c_str(), W_OK | X_OK) != 0) fail("cannot write", path, errno_text(errno));
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
    if (is_special(path)) return write_directly(path, content);
    // A link is followed, so that the file it names is replaced and the link stays.
    std::error_code ignored;
    const std::filesystem::path resolved = std::filesystem::weakly_canonical(path, ignored);
    const std::filesystem::path target = ignored ? path : resolved;

    std::string temporary = (folder_of(target) / ("." + target.filename().string() + ".XXXXXX")).string();
    Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (file.get() < 0) fail("cannot write", path, errno_text(errno));
    const mode_t mask = ::umask(0);
    ::umask(mask);
    int error = write_all(file.get(), content);
    if (error == 0 && ::fchmod(file.get(), 0666 & ~mask) != 0) error = errno;
    if (error == 0 && ::fsync(file.get()) != 0) error = errno;
    if (file.close() != 0 && error == 0) error = errno;
    if (error == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
    if (error != 0) {
        ::unlink(temporary.c_str());
        fail("cannot write", path, errno_text(error));
    }
}

} // namespace roacache::core
