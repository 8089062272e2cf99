#include "src/store/sqlite/entry_file.hpp"

#include "src/store/sqlite/foreign_file.hpp"

#include <chrono>
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

const EntryTable& EntryFile::table() {
    if (!table_) table_ = EntryTable::find(*reading_, names_, path_);
    return *table_;
}

std::int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

} // namespace roacache::store::sqlite
