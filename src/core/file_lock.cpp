#include "src/core/file_lock.hpp"

#include "src/core/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace roacache::core {
namespace {

struct flock lock_of_all(short type) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

/// A file of this user's own, and no link that somebody put there.
bool is_own(int file, struct stat& state) {
    return fstat(file, &state) == 0 && S_ISREG(state.st_mode) && state.st_uid == geteuid();
}

[[noreturn]] void cannot_lock(const std::filesystem::path& path, const std::string& why) {
    throw Error(ExitCode::usage, "cannot lock: " + path.string() + ": " + why);
}

} // namespace

FileLock::FileLock(std::filesystem::path path) : path_(std::move(path)) {
    // Whoever lets go may remove the file: what was locked may no longer be what has the name.
    for (bool same = false; !same;) {
        file_ =
            Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
        const int error = errno;
        if (!file_.open()) cannot_lock(path_, errno_text(error));
        struct stat mine {
        }, named{};
        if (!is_own(file_.get(), mine)) cannot_lock(path_, "it is there, and no file of this user's own");
        struct flock lock = lock_of_all(F_WRLCK);
        if (fcntl(file_.get(), F_OFD_SETLK, &lock) != 0) {
            const int busy = errno;
            if (busy != EAGAIN && busy != EACCES) cannot_lock(path_, errno_text(busy));
            return;
        }
        same =
            lstat(path_.c_str(), &named) == 0 && mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
    }
    held_ = true;
}

void FileLock::remove() const {
    if (held_) unlink(path_.c_str());
}

Descriptor open_unlocked(const std::filesystem::path& path) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat state {};
    if (!file.open() || !is_own(file.get(), state)) return {};
    struct flock lock = lock_of_all(F_WRLCK);
    if (fcntl(file.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK) return {};
    return file;
}

} // namespace roacache::core
