#include "src/store/sqlite/entry_file.hpp"

#include "src/core/units.hpp"
#include "src/output/text.hpp"
#include "src/store/sqlite/foreign_file.hpp"

#include <filesystem>
#include <fmt/core.h>
#include <utility>

namespace roacache::store::sqlite {
EntryFile::EntryFile(const std::string& path, config::SqliteNames names, core::Nanoseconds lock_wait)
    : path_(path), names_(std::move(names)), lock_wait_(lock_wait) {
    reading_ = open_foreign_file(path, OpenMode::read_only, lock_wait);
}

Database& EntryFile::writing() {
    if (!writing_) {
        writing_ = open_foreign_file(path_, OpenMode::read_write, lock_wait_);
        Statement mode = writing_->prepare("PRAGMA journal_mode");
        has_wal_ = mode.step() && mode.text(0) == "wal";
        if (has_wal_) writing_->execute("PRAGMA wal_autocheckpoint=0");
    }
    return *writing_;
}

std::string EntryFile::removal_of_row() {
    return fmt::format("DELETE FROM {} {}", table().name(), table().identity(1));
}

/// A foreign key that refers to what is not unique lets nothing be removed; whoever declared it never had
/// them on.
bool EntryFile::foreign_keys_work() {
    reading_->execute("PRAGMA foreign_keys=ON");
    bool work = true;
    try {
        reading_->prepare(removal_of_row());
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::refused) throw;
        work = false;
    }
    reading_->execute("PRAGMA foreign_keys=OFF");
    return work;
}

Statement EntryFile::removal() {
    writing().execute(foreign_keys_work() ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF");
    return writing_->prepare(removal_of_row());
}

/// While a rollback journal is synced nobody can read, and while the beginning of a write-ahead log is,
/// nobody can write. Without that, only a power cut before end_changes() can do harm; the end of a process
/// cannot.
void EntryFile::begin_changes() {
    writing().execute("PRAGMA synchronous=OFF");
}

void EntryFile::checkpoint() {
    if (has_wal_)
        writing_->execute(
            "PRAGMA synchronous=NORMAL; PRAGMA wal_checkpoint(PASSIVE); PRAGMA synchronous=OFF");
}

void EntryFile::end_changes(bool changed) {
    writing_->execute("PRAGMA synchronous=FULL");
    writing_->set_lock_wait(lock_wait_);
    if (!changed) return;
    if (has_wal_)
        writing_->execute("PRAGMA wal_checkpoint(PASSIVE)");
    else
        writing_->sync();
}

/// Between its syncs the file is neither the old one nor the new one.
void EntryFile::give_back_space() {
    writing().set_lock_wait(lock_wait_);
    writing_->execute("PRAGMA synchronous=FULL; VACUUM");
    if (has_wal_) writing_->execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

void EntryFile::note_removed(const std::string& file) {
    if (file.empty()) return;
    std::error_code error;
    const auto there = std::filesystem::path(path_).parent_path() / file;
    if (!std::filesystem::is_regular_file(there, error)) return;
    if (files_left_++ == 0) file_left_ = output::printable(there.string());
}

std::string EntryFile::left() const {
    if (files_left_ == 0) return {};
    const bool one = files_left_ == 1;
    return fmt::format("{} in a file of its own, which is left for the service to clean up: {}{}",
                       one ? "1 value stood" : core::format_count(files_left_) + " values stood, each",
                       file_left_, one ? "" : " and so on");
}

const EntryTable& EntryFile::table() {
    if (!table_) table_ = EntryTable::find(*reading_, names_, path_);
    return *table_;
}

} // namespace roacache::store::sqlite
