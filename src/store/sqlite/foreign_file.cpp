#include "src/store/sqlite/foreign_file.hpp"

#include "src/core/error.hpp"

#include <cerrno>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

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

/// Where nobody has the file open SQLite makes the log's files for whoever comes first, readers too. What
/// belongs to somebody else the service could not write when it starts.
void check_owner(const std::string& path, Database& database) {
    struct stat file {
    }, shared{};
    if (geteuid() == 0 || stat(path.c_str(), &file) != 0 || file.st_uid == geteuid()) return;
    if (!database.keeps_log() || stat((path + "-shm").c_str(), &shared) == 0) return;
    throw core::Error(
        core::ExitCode::refused,
        fmt::format("not opened: {}: nobody has it open, and SQLite would make files beside it that "
                    "its owner could not write",
                    path),
        "Run it as the user of the service, or while the service runs.");
}

} // namespace

std::unique_ptr<Database> open_foreign_file(const std::string& path, OpenMode mode,
                                            core::Nanoseconds lock_wait) {
    check_file(path);
    auto database = std::make_unique<Database>(path, mode, lock_wait);
    check_owner(path, *database); // before anything is read, for that makes the files
    database->end_on_interrupt();
    // The file is another's: what its schema calls while it is read or changed must be harmless.
    database->execute("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON");
    return database;
}

} // namespace roacache::store::sqlite
