#include "src/core/regular_file.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/error.hpp"
#include "src/core/secret.hpp"
#include "src/core/units.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roacache::core {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_tilde_remedy =
    "Write the whole path: the shell replaces ~ only where a word begins with it.";

[[noreturn]] void fail_reading(const fs::path& path, const std::string& why, std::string remedy = {}) {
    throw Error(ExitCode::usage, fmt::format("cannot read: {}: {}", redacted_value(path.string()), why),
                remedy.empty() && path.string().starts_with("~/") ? k_tilde_remedy : std::move(remedy));
}

std::string who_else(const struct stat& status, const std::string& what) {
    if (status.st_uid != ::geteuid() && status.st_uid != 0)
        return fmt::format("{} belongs to user {}", what, status.st_uid);
    const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX);
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) && !sticky) return "others may write to " + what;
    return {};
}

} // namespace

RegularFile read_regular_file(const fs::path& path, std::size_t most) {
    // Opening a FIFO would wait for its writer.
    const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (descriptor.get() < 0) fail_reading(path, errno_text(errno));
    RegularFile file;
    if (::fstat(descriptor.get(), &file.status) != 0) fail_reading(path, errno_text(errno));
    if (S_ISDIR(file.status.st_mode)) fail_reading(path, "is a directory");
    if (!S_ISREG(file.status.st_mode))
        fail_reading(path, "is not a regular file", "Only regular files are read here: copy it into one.");
    // It may grow while it is read, and files of /proc have no size.
    for (char buffer[65'536];;) {
        const ssize_t got = ::read(descriptor.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail_reading(path, errno_text(errno));
        if (got == 0) return file;
        file.content.append(buffer, static_cast<std::size_t>(got));
        if (file.content.size() > most)
            fail_reading(path, fmt::format("is larger than {}", format_size(most)));
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
