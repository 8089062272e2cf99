#pragma once

#include "src/core/clock.hpp"
#include "src/core/error.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace roacache::store::sqlite {

enum class CellType { integer, real, text, blob, null };

const char* name_of(CellType type); ///< as typeof() of SQL

/// What stands in a cell, as it is stored.
struct Cell {
    CellType type = CellType::null;
    std::int64_t integer = 0;
    double real = 0;
    std::string bytes = {}; ///< of text and blob
};

/// A rule of the file's own, as a foreign key or a trigger, does not let a row be changed.
class ConstraintFailed : public core::Error {
  public:
    ConstraintFailed(const std::string& message, std::string rule)
        : Error(core::ExitCode::refused, message), rule_(std::move(rule)) {}

    /// Which, in a few words; printable.
    const std::string& rule() const { return rule_; }

  private:
    std::string rule_;
};

/// A prepared statement, bound and stepped; the parameters keep their values over reset().
/// Every failure is a core::Error that names the database file.
class Statement {
  public:
    /// Parameters are counted from 1.
    Statement& bind(int parameter, std::int64_t value);
    Statement& bind(int parameter, std::string_view value); ///< copied, as text
    Statement& bind_blob(int parameter, std::string_view value);
    Statement& bind_real(int parameter, double value);
    Statement& bind_null(int parameter);
    Statement& bind(int parameter, const Cell& cell);

    /// True when a row is ready; false at the end.
    bool step();
    /// Runs to the end, then reset().
    void run();
    void reset();

    /// Columns are counted from 0. A view holds until the next step().
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string_view text(int column) const; ///< as UTF-8, or a blob's bytes; empty for NULL
    Cell cell(int column) const;
    /// Of text or blob, without its bytes being copied; of a number, as text.
    std::size_t bytes(int column) const;
    int columns() const;             ///< of a row
    CellType type(int column) const; ///< as it is stored; to be asked before it is read as anything else
    bool null(int column) const { return type(column) == CellType::null; }

  private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    Statement(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
    sqlite3* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

enum class OpenMode { read_only, read_write, create };

/// One connection to a SQLite file, for one thread at a time. Must outlive its statements.
class Database {
  public:
    /// Throws core::Error(unreachable) `cannot open: PATH: WHY`. Waits up to `lock_wait` for another's lock,
    /// less after an interrupt.
    Database(const std::filesystem::path& path, OpenMode mode,
             core::Nanoseconds lock_wait = std::chrono::seconds(5));

    /// From now on another's lock is waited for so long.
    void set_lock_wait(core::Nanoseconds longest) { lock_wait_->longest = longest; }
    /// How long others' locks were waited for, in all.
    core::Nanoseconds waited() const { return lock_wait_->waited; }
    /// From now on an interrupt, and the deadline, end statements that take long: they fail with
    /// core::Error(interrupted).
    void end_on_interrupt(core::Deadline deadline = core::Deadline::never());
    /// One or several statements whose rows are of no interest.
    void execute(const char* sql);
    /// Exactly one statement. Throws core::Error(usage) for none and for more.
    Statement prepare(std::string_view sql);
    /// Waits until the disk has what was written to the file itself; takes no lock.
    void sync();
    /// Whether the file keeps a write-ahead log, as its beginning says; takes no lock, and makes no file. It
    /// is read through SQLite's own descriptor: closing another one of the same file would give up all locks
    /// that the process has on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
    bool keeps_log();
    /// Whether a process was ended in the middle of a change, which has to be taken back before anything can
    /// be read, and which a connection that may only read cannot do. Reads the beginning of the file.
    bool has_hot_journal();
    std::int64_t last_row_id() const;
    /// Rows that the last INSERT, UPDATE or DELETE changed.
    std::int64_t changes() const;

  private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    struct LockWait {
        core::Nanoseconds longest;
        core::Deadline until;
        core::Deadline statements = core::Deadline::never(); ///< that take long end by then
        core::Nanoseconds waited{0};
    };
    std::unique_ptr<LockWait> lock_wait_; ///< outlives the connection, which points to it
    std::unique_ptr<sqlite3, Close> database_;

    static int wait_for_lock(void* lock_wait, int waits);
};

/// Rolls back unless committed.
class Transaction {
  public:
    enum class Kind {
        reading, ///< takes its lock at the first statement
        writing  ///< takes the write lock at once, so that it cannot fail half-way for being late
    };
    explicit Transaction(Database& database, Kind kind = Kind::writing);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

  private:
    Database& database_;
    bool open_ = true;
};

} // namespace roacache::store::sqlite
