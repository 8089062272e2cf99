#include "src/store/sqlite/foreign_file.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace roacache::store::sqlite {
namespace {

/// What SQLite would wait for, or say without its reason.
void check_file(const std::string& path) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) {
        const bool absent = errno == ENOENT || errno == ENOTDIR;
        throw core::Error(absent ? core::ExitCode::unreachable : core::ExitCode::refused,
                          fmt::format("cannot open: {}: {}", path, core::errno_text(errno)));
    }
    if (!S_ISREG(found.st_mode))
        throw core::Error(core::ExitCode::refused,
                          fmt::format("no SQLite file: {}: it is {}", path,
                                      S_ISDIR(found.st_mode) ? "a folder" : "no regular file"));
    if (access(path.c_str(), R_OK) != 0)
        throw core::Error(core::ExitCode::refused,
                          fmt::format("cannot open: {}: {}", path, core::errno_text(errno)));
}

/// A user as the system knows him.
struct User {
    std::string name; ///< empty: it does not
    std::vector<gid_t> groups;
};

User user_of(uid_t id) {
    User user;
    passwd entry{}, *found = nullptr;
    std::vector<char> room(16'384);
    if (getpwuid_r(id, &entry, room.data(), room.size(), &found) != 0 || found == nullptr) return user;
    user.name = found->pw_name;
    int count = 1024;
    user.groups.resize(static_cast<std::size_t>(count));
    if (getgrouplist(found->pw_name, found->pw_gid, user.groups.data(), &count) < 0) count = 0;
    user.groups.resize(static_cast<std::size_t>(count));
    return user;
}

/// Where nobody has the file open SQLite makes the log's files for whoever comes first, readers too; and a
/// journal for whoever changes something. What belongs to somebody else the service could not write, or undo
/// what a killed process left there.
void check_owner(const std::string& path, OpenMode mode, Database& database) {
    if (leaves_usable_files(path)) return;
    struct stat file {
    }, shared{};
    const bool log = database.keeps_log();
    if (log ? stat((path + "-shm").c_str(), &shared) == 0 : mode == OpenMode::read_only) return;
    const std::string owner = stat(path.c_str(), &file) == 0 ? user_of(file.st_uid).name : "";
    const std::string as = owner.empty()     ? "the user of the service or as root"
                           : owner == "root" ? "root, whose file it is"
                                             : owner + ", whose file it is, or as root";
    if (log)
        throw core::Error(
            core::ExitCode::refused,
            fmt::format("not opened: {}: nobody has it open, and SQLite would make files beside it that "
                        "its owner could not write",
                        path),
            fmt::format("Run it as {}, or while the service runs.", as));
    throw core::Error(
        core::ExitCode::refused,
        fmt::format("not changed: {}: SQLite would make a journal beside it that its owner could not take "
                    "over, were this ended in the middle of a change",
                    path),
        fmt::format("Run it as {}.", as));
}

/// What a process that was killed in the middle of a change has left, as whoever opens the file next does.
void roll_back(const std::string& path, core::Nanoseconds lock_wait) {
    try {
        Database database(path, OpenMode::read_write, lock_wait);
        check_owner(path, OpenMode::read_write, database);
        database.execute("PRAGMA schema_version"); // the first to read the file takes the change back
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::refused) throw;
        throw core::Error(core::ExitCode::refused,
                          fmt::format("cannot read: {}: a process ended in the middle of a change, which has "
                                      "to be taken back first, and that takes write permission",
                                      path),
                          "Let the service open it once, or run this as its owner.");
    }
}

} // namespace

/// They have the file's mode, and the group that new files have in its folder.
bool leaves_usable_files(const std::string& path) {
    struct stat file {
    }, folder{};
    const std::string parent = std::filesystem::path(path).parent_path();
    if (stat(path.c_str(), &file) != 0 || stat(parent.empty() ? "." : parent.c_str(), &folder) != 0)
        return true;
    if (geteuid() == 0 || geteuid() == file.st_uid) return true;
    if ((folder.st_mode & S_ISVTX) != 0 && folder.st_uid != file.st_uid)
        return false; // he could not remove it
    const gid_t group = (folder.st_mode & S_ISGID) != 0 ? folder.st_gid : getegid();
    const User owner = user_of(file.st_uid);
    const bool is_in = owner.name.empty()
                           ? group == file.st_gid
                           : std::find(owner.groups.begin(), owner.groups.end(), group) != owner.groups.end();
    const mode_t needed = is_in ? S_IRGRP | S_IWGRP : S_IROTH | S_IWOTH;
    return (file.st_mode & needed) == needed;
}

std::unique_ptr<Database> open_foreign_file(const std::string& path, OpenMode mode,
                                            core::Nanoseconds lock_wait) {
    check_file(path);
    auto database = std::make_unique<Database>(path, mode, lock_wait);
    check_owner(path, mode, *database); // before anything is read, for that makes the files
    database->end_on_interrupt();
    // The file is another's. What its schema may call while it is read or changed is what SQLite itself
    // brings, which is harmless: load_extension() and the like are for statements alone.
    database->execute("PRAGMA cell_size_check=ON");
    if (mode == OpenMode::read_only && database->has_hot_journal()) roll_back(path, lock_wait);
    return database;
}

} // namespace roacache::store::sqlite
