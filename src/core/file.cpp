#include "src/core/file.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/link_target.hpp"
#include "src/core/reader.hpp"
#include "src/core/secret.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <random>
#include <sys/xattr.h>
#include <unistd.h>

namespace roacache::core {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_writing(const fs::path& path, int error) {
    throw Error(error == EINTR ? ExitCode::interrupted : ExitCode::usage,
                fmt::format("cannot write: {}: {}", redacted_value(path.string()),
                            error == EINTR ? "interrupted" : errno_text(error)));
}

/// Short and of its own: the target's name may be as long as a name can be.
fs::path random_name_in(const fs::path& folder) {
    std::random_device random;
    return folder / fmt::format(".roacache-{:08x}{:08x}", random(), random());
}

/// After an interrupt too, for a little: what was done until then is reported.
bool wait_writable(int fd) {
    constexpr int k_grace_ms = 250;
    pollfd reader{fd, POLLOUT, 0};
    return wait_ready(fd, POLLOUT) || ::poll(&reader, 1, k_grace_ms) > 0;
}

/// Returns 0 or the errno of the failed write; EINTR when an interrupt came while a pipe was full.
int write_all(int fd, std::string_view content) {
    struct stat status {};
    const bool waits = ::fstat(fd, &status) == 0 && !S_ISREG(status.st_mode);
    const std::size_t most = waits ? PIPE_BUF : std::string_view::npos;
    while (!content.empty()) {
        if (waits && !wait_writable(fd)) return EINTR;
        const ssize_t written = ::write(fd, content.data(), std::min(content.size(), most));
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (written < 0) return errno;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

/// Whether a new file would lack what this one has besides mode and owner, such as an access list. The
/// security module labels a new file by itself.
bool has_more_attributes(const fs::path& path) {
    std::array<char, 4096> names{};
    const ssize_t size = ::listxattr(path.c_str(), names.data(), names.size());
    if (size < 0) return errno == ERANGE;
    for (const char* name = names.data(); name < names.data() + size;
         name += std::string_view(name).size() + 1)
        if (std::string_view(name) != "security.selinux") return true;
    return false;
}

void sync_folder(const fs::path& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.open()) ::fsync(opened.get()); // some file systems cannot
}

/// What is there, links followed as check_writable() allows, or with O_CREAT a new file.
Descriptor open_for_writing(const fs::path& path, int flags) {
    int error = 0;
    Descriptor file;
    if (const auto fd = named_descriptor(path)) {
        file = Descriptor(::fcntl(*fd, F_DUPFD_CLOEXEC, 3));
        if (!file.open()) error = errno;
    } else if (const fs::path target = link_target(path, error); error == 0) {
        file = open_interruptibly(target, O_WRONLY | O_NOCTTY | flags, error);
    }
    if (error != 0) fail_writing(path, error);
    return file;
}

std::string name_by_descriptor(int fd) {
    return fmt::format("/proc/self/fd/{}", fd);
}

} // namespace

std::string read_file(const fs::path& path) {
    return Reader(path).read_all();
}

void check_writable(const fs::path& path) {
    if (path.empty()) throw Error(ExitCode::usage, "cannot write: '': no file name given");
    if (const auto fd = named_descriptor(path)) {
        if (::fcntl(*fd, F_GETFD) < 0) fail_writing(path, errno);
        return;
    }
    int error = 0;
    const fs::path target = link_target(path, error);
    if (error != 0) fail_writing(path, error);
    struct stat status {};
    if (::stat(target.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode)) fail_writing(path, EISDIR);
        if (::access(target.c_str(), W_OK) != 0) fail_writing(path, errno);
        return;
    }
    const fs::path folder = folder_of(target);
    if (target.filename().empty()) fail_writing(path, EISDIR);
    if (target.filename().string().size() > NAME_MAX) fail_writing(path, ENAMETOOLONG);
    if (::stat(folder.c_str(), &status) != 0) fail_writing(path, errno);
    if (!S_ISDIR(status.st_mode)) fail_writing(path, ENOTDIR);
    if (::access(folder.c_str(), W_OK | X_OK) != 0) fail_writing(path, errno);
}

FileReplacement::FileReplacement(const fs::path& path) : path_(path) {
    check_writable(path_);
    int error = 0;
    target_ = link_target(path_, error);
    exists_ = ::stat(target_.c_str(), &old_) == 0;
    const bool through_descriptor = named_descriptor(path_).has_value();
    const bool replaceable =
        !through_descriptor &&
        (!exists_ || (S_ISREG(old_.st_mode) && old_.st_nlink == 1 && !has_more_attributes(target_)));
    replaces_ = replaceable && make_new_file();
    if (replaces_ && exists_) replaces_ = take_attributes();
    if (replaces_) return;
    if (!exists_ && !through_descriptor) fail(errno);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    temporary_.clear();
    content_ = open_anonymous_file();
    if (!content_.open()) fail(errno);
}

FileReplacement::~FileReplacement() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void FileReplacement::fail(int error) const {
    fail_writing(path_, error);
}

/// False with errno where the folder takes no file. The mode of a new file is left to the system (umask,
/// default access lists); a replacement is readable by nobody else until it has the old file's mode.
bool FileReplacement::make_new_file() {
    const fs::path folder = folder_of(target_);
    const mode_t mode = exists_ ? 0600 : 0666;
    content_ = Descriptor(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
    if (content_.open() && ::access(name_by_descriptor(content_.get()).c_str(), F_OK) == 0) return true;
    do {
        temporary_ = random_name_in(folder);
        content_ = Descriptor(::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    } while (!content_.open() && errno == EEXIST);
    if (!content_.open()) temporary_.clear();
    return content_.open();
}

/// False where the old file's owner cannot be given to the new one.
bool FileReplacement::take_attributes() {
    struct stat made {};
    if (::fstat(content_.get(), &made) != 0) return false;
    if ((made.st_uid != old_.st_uid || made.st_gid != old_.st_gid) &&
        ::fchown(content_.get(), old_.st_uid, old_.st_gid) != 0)
        return false;
    return ::fchmod(content_.get(), old_.st_mode & 07777) == 0;
}

void FileReplacement::append(std::string_view content) {
    if (const int error = write_all(content_.get(), content)) fail(error);
}

void FileReplacement::commit() {
    if (replaces_) {
        const int error = rename_into_place();
        if (error == 0) return;
        // A mounted file cannot be replaced, nor another's in a folder like /tmp; it can be written to.
        const bool may_be_overwritten = exists_ && (error == EBUSY || error == EPERM || error == EACCES);
        if (!may_be_overwritten) fail(error);
    }
    copy_into(open_for_writing(path_, 0), S_ISREG(old_.st_mode) && !named_descriptor(path_));
}

/// 0 or the errno.
int FileReplacement::rename_into_place() {
    if (::fsync(content_.get()) != 0) return errno;
    const fs::path folder = folder_of(target_);
    const std::string unnamed = name_by_descriptor(content_.get());
    while (temporary_.empty()) {
        const fs::path name = random_name_in(folder);
        if (::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0)
            temporary_ = name;
        else if (errno != EEXIST)
            return errno;
    }
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) return errno;
    temporary_.clear();
    sync_folder(folder);
    return 0;
}

/// What is there is overwritten, and cut to the new length last, so that a file system without room says so
/// before anything is lost.
void FileReplacement::copy_into(Descriptor target, bool is_file) {
    const off_t size = ::lseek(content_.get(), 0, SEEK_END);
    if (is_file && size > old_.st_size) {
        const int error = ::posix_fallocate(target.get(), 0, size);
        if (error != 0) {
            [[maybe_unused]] const int restored = ::ftruncate(target.get(), old_.st_size);
            fail(error);
        }
    }
    std::array<char, 65536> block{};
    for (off_t at = 0; at < size;) {
        const ssize_t got = ::pread(content_.get(), block.data(), block.size(), at);
        if (got <= 0) fail(got < 0 ? errno : EIO);
        if (const int error = write_all(target.get(), {block.data(), static_cast<std::size_t>(got)}))
            fail(error);
        at += got;
    }
    if (is_file && (::ftruncate(target.get(), size) != 0 || ::fsync(target.get()) != 0)) fail(errno);
    if (const int error = target.close()) fail(error);
}

void write_file_atomically(const fs::path& path, std::string_view content) {
    FileReplacement file(path);
    file.append(content);
    file.commit();
}

void append_to_file(const fs::path& path, std::string_view content) {
    Descriptor file = open_for_writing(path, O_APPEND | O_CREAT);
    if (const int error = write_all(file.get(), content)) fail_writing(path, error);
    if (const int error = file.close()) fail_writing(path, error);
}

} // namespace roacache::core
