#include "src/demo/posix.hpp"

#include "src/core/error.hpp"

#include <cerrno>
#include <fmt/core.h>
#include <unistd.h>

namespace roacache::demo {

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
}

RemovedAtEnd::~RemovedAtEnd() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

int write_fully(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

void fail_errno(const char* what, const std::filesystem::path& path, int saved_errno) {
    throw core::Error(core::ExitCode::usage,
                      fmt::format("{}: {}: {}", what, path.string(), core::errno_text(saved_errno)));
}

} // namespace roacache::demo
