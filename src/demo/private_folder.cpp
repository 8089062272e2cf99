#include "src/demo/private_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace roacache::demo {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_prefix = "roacache-demo-";
constexpr const char* k_lock = "lock";
constexpr std::string_view k_mark = "the temporary folder of a roacache demo\n";

std::vector<std::string> own_files() {
    std::vector<std::string> names;
    for (const char* database : {"ledger.sqlite", "cache.sqlite"})
        for (const char* end : {"", "-journal", "-wal", "-shm"})
            names.push_back(std::string(database) + end);
    return names;
}

int open_folder(const fs::path& path) {
    return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/// Whether what `folder` is open on is still found under `path`, and not something else in its place.
bool is_at(int folder, const fs::path& path) {
    struct stat opened {
    }, found{};
    return ::fstat(folder, &opened) == 0 && ::lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
           opened.st_dev == found.st_dev && opened.st_ino == found.st_ino;
}

/// The lock goes last: as long as it is there, the folder can be known again.
void remove_own(int folder, const fs::path& path) {
    for (const std::string& name : own_files())
        ::unlinkat(folder, name.c_str(), 0);
    const bool empty_but_for_lock = [&] {
        std::error_code error;
        for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
            if (entry->path().filename() != k_lock) return false;
        return !error;
    }();
    if (!empty_but_for_lock || !is_at(folder, path)) return;
    ::unlinkat(folder, k_lock, 0);
    ::rmdir(path.c_str());
}

bool belongs_to_user(int fd, mode_t kind) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == kind && status.st_uid == ::geteuid() &&
           (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

bool is_marked(int lock) {
    char text[k_mark.size() + 1];
    return ::pread(lock, text, sizeof text, 0) == static_cast<ssize_t>(k_mark.size()) &&
           std::string_view(text, k_mark.size()) == k_mark;
}

/// The lock goes away with the process that holds it, however that ended.
void remove_abandoned(const fs::path& parent) {
    std::error_code error;
    for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
        if (!entry->path().filename().string().starts_with(k_prefix)) continue;
        const FileDescriptor folder(open_folder(entry->path()));
        if (!folder.open() || !belongs_to_user(folder.get(), S_IFDIR)) continue;
        const FileDescriptor lock(
            ::openat(folder.get(), k_lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
        if (lock.open() && belongs_to_user(lock.get(), S_IFREG) && is_marked(lock.get()) &&
            ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0)
            remove_own(folder.get(), entry->path());
    }
}

} // namespace

PrivateFolder::PrivateFolder() {
    std::error_code error;
    fs::path parent = fs::temp_directory_path(error);
    if (error) parent = "/tmp";
    remove_abandoned(parent);
    std::string name = (parent / std::string(k_prefix).append("XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) fail_errno("cannot make a temporary folder", parent, errno);
    path_ = name;
    folder_ = std::make_unique<FileDescriptor>(open_folder(path_));
    if (!folder_->open()) fail_errno("cannot make a temporary folder", path_, errno);
    // Locked before it gets its name, so that nobody can take the folder for abandoned in between.
    constexpr const char* k_unnamed = "lock.new";
    lock_ = std::make_unique<FileDescriptor>(
        ::openat(folder_->get(), k_unnamed, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (lock_->open() && ::flock(lock_->get(), LOCK_EX | LOCK_NB) == 0 &&
        write_fully(lock_->get(), k_mark) == 0)
        ::renameat(folder_->get(), k_unnamed, folder_->get(), k_lock);
}

PrivateFolder::~PrivateFolder() {
    ::unlinkat(folder_->get(), "lock.new", 0);
    remove_own(folder_->get(), path_);
}

} // namespace roacache::demo
