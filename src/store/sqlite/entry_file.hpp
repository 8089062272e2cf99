#pragma once

#include "src/config/profile.hpp"
#include "src/core/clock.hpp"
#include "src/store/sqlite/database.hpp"
#include "src/store/sqlite/entry_table.hpp"

#include <memory>
#include <optional>
#include <string>

namespace roacache::store::sqlite {

/// A service's SQLite file, that the service goes on using. It is never made where it is not there, read
/// without a right to write, and opened for writing only where something is changed.
class EntryFile {
  public:
    /// Throws as open_foreign_file() does.
    EntryFile(const std::string& path, config::SqliteNames names, core::Nanoseconds lock_wait);

    const std::string& path() const { return path_; }
    Database& reading() { return *reading_; }
    /// Throws core::Error(refused) where it may not be written.
    Database& writing();
    /// Whether what belongs to a row goes with it, as the file's foreign keys say; see removal().
    bool foreign_keys_work();
    /// `DELETE …` of one row, with its place and key as parameters, and with what belongs to the row where
    /// foreign_keys_work(). To be asked for outside a transaction. Throws as writing() does.
    Statement removal();
    /// A row was removed that names this file as that of its value; empty: none.
    void note_removed(const std::string& file);
    /// What stays of entries that were removed; printable, empty: nothing.
    std::string left() const;
    /// From now on until end_changes() the disk is not waited for under a lock that others wait for. Throws
    /// as writing() does.
    void begin_changes();
    /// Writes what changes left in the write-ahead log back, between transactions, so that the service need
    /// not; nobody waits for it.
    void checkpoint();
    /// After begin_changes(), whether something was changed or not. Waits until the disk has the changes,
    /// under no lock that others wait for.
    void end_changes(bool changed);
    /// Writes the file anew without the room that nothing takes up; nobody else can write it meanwhile.
    void give_back_space();
    /// As EntryTable::find().
    const EntryTable& table();
    const config::SqliteNames& names() const { return names_; }
    core::Nanoseconds lock_wait() const { return lock_wait_; }

  private:
    std::string removal_of_row();

    std::string path_;
    config::SqliteNames names_;
    core::Nanoseconds lock_wait_;
    // What may write is closed last: only that can clear a write-ahead log away which nobody else uses.
    std::unique_ptr<Database> writing_, reading_;
    bool has_wal_ = false; ///< once writing_ is there
    std::uint64_t files_left_ = 0;
    std::string file_left_; ///< the first of them, printable
    std::optional<EntryTable> table_;
};

} // namespace roacache::store::sqlite
