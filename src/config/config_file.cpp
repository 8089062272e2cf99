#include "src/config/config_file.hpp"

#include "src/core/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roacache::config {
namespace {

constexpr off_t k_largest = off_t{1} << 20;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why, std::string remedy = {}) {
    throw core::Error(core::ExitCode::usage, fmt::format("cannot read: {}: {}", path.string(), why),
                      std::move(remedy));
}

struct Descriptor {
    int fd;
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

void check_status(const std::filesystem::path& path, const struct stat& status) {
    if (S_ISDIR(status.st_mode)) fail(path, "is a directory");
    if (!S_ISREG(status.st_mode))
        fail(path, "is not a regular file", "Settings are read from regular files only: copy it into one.");
    if (status.st_size > k_largest) fail(path, "is larger than 1 MiB, which no file of settings is");
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        fail(path, "belongs to another user, who may change it at any time",
             "Copy it, or take it over: chown.");
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        fail(path, "may be written to by other users",
             fmt::format("Take that away: chmod go-w {}", path.string()));
}

} // namespace

std::string read_config_file(const std::filesystem::path& path) {
    // Opening a FIFO would wait for its writer.
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (file.fd < 0) fail(path, core::errno_text(errno));
    struct stat status {};
    if (::fstat(file.fd, &status) != 0) fail(path, core::errno_text(errno));
    check_status(path, status);
    std::string text;
    for (char buffer[65536];;) {
        const ssize_t got = ::read(file.fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(path, core::errno_text(errno));
        if (got == 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
        // It may grow while it is read, and files of /proc have no size.
        if (static_cast<off_t>(text.size()) > k_largest)
            fail(path, "is larger than 1 MiB, which no file of settings is");
    }
}

ConfigFile read_directory_file(const std::filesystem::path& path, const Variables& environment) {
    std::string text = read_config_file(path);
    const Trust trust = is_trusted(path, text, environment) ? Trust::named_file : Trust::directory;
    return {path, std::move(text), trust};
}

} // namespace roacache::config
