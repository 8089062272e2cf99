#include "src/store/sqlite/database.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/core.h>
#include <iterator>
#include <sqlite3.h>

namespace roacache::store::sqlite {
namespace {

constexpr std::chrono::milliseconds k_between_attempts{1};

struct Failure {
    int result; ///< SQLite's
    core::ExitCode code;
    const char* what;
    const char* remedy;
};

constexpr Failure k_failures[] = {
    {SQLITE_BUSY, core::ExitCode::unreachable, "locked by another process",
     "Try again, or give it more time with --timeout."},
    {SQLITE_LOCKED, core::ExitCode::unreachable, "locked", ""},
    {SQLITE_CANTOPEN, core::ExitCode::unreachable, "cannot open",
     "A file with a write-ahead log takes files beside it: where its folder cannot be written, use a copy, "
     "or "
     "run it while the service does."},
    {SQLITE_NOTADB, core::ExitCode::refused, "no SQLite file", "Is the path that of the cache's file?"},
    {SQLITE_CORRUPT, core::ExitCode::refused, "damaged",
     "Let the service make a new file: what a cache holds can be read anew from its database."},
    {SQLITE_READONLY, core::ExitCode::refused, "read-only",
     "Changing entries takes write permission for the file and for its folder."},
    {SQLITE_PERM, core::ExitCode::refused, "not permitted", ""},
    {SQLITE_FULL, core::ExitCode::refused, "the disk is full", ""},
    {SQLITE_IOERR, core::ExitCode::refused, "reading or writing failed", ""},
    {SQLITE_INTERRUPT, core::ExitCode::interrupted, "interrupted", ""},
};

/// Whether SQLite lacks what the file's schema, or a statement, calls for: what the program that made the
/// file brings itself, or what came with a later version.
bool lacks_what_is_called_for(std::string_view said) {
    constexpr std::string_view k_lacking[] = {"no such function", "unknown function", "no such collation",
                                              "no such module"};
    const auto is_said = [&](std::string_view lacking) {
        return said.find(lacking) != std::string_view::npos;
    };
    const bool later = said.starts_with("malformed database schema") && is_said("syntax error");
    return later || std::any_of(std::begin(k_lacking), std::end(k_lacking), is_said);
}

[[noreturn]] void fail(sqlite3* database, const char* what) {
    const int result = sqlite3_extended_errcode(database);
    const char* file = sqlite3_db_filename(database, "main");
    const std::string path = file != nullptr ? file : "";
    // Who waits for a lock gives up at an interrupt.
    if ((result & 0xff) == SQLITE_BUSY && core::Interrupt::requested())
        throw core::Error(core::ExitCode::interrupted, fmt::format("interrupted: {}", path));
    if ((result & 0xff) == SQLITE_CONSTRAINT) {
        const std::string_view said = sqlite3_errmsg(database);
        throw ConstraintFailed(fmt::format("{}: {}: {}", what, path, said),
                               said.starts_with("FOREIGN KEY")
                                   ? "other rows refer to the entry, and their foreign key does not let it go"
                                   : "the table keeps the entry: " + output::printable(said));
    }
    if (lacks_what_is_called_for(sqlite3_errmsg(database)))
        throw core::Error(core::ExitCode::refused,
                          fmt::format("not understood: {}: {}", path, sqlite3_errmsg(database)),
                          "This SQLite does not have it: let the service do it, whose own has.");
    for (const Failure& failure : k_failures)
        if ((result & 0xff) == failure.result)
            throw core::Error(failure.code,
                              fmt::format("{}: {}: {}", failure.what, path, sqlite3_errmsg(database)),
                              failure.remedy);
    throw core::Error(core::ExitCode::refused,
                      fmt::format("{}: {}: {}", what, path, sqlite3_errmsg(database)));
}

void check(sqlite3* database, int result) {
    if (result != SQLITE_OK) fail(database, "SQLite failed");
}

/// The file as SQLite has it open.
sqlite3_file& main_file(sqlite3* database) {
    sqlite3_file* file = nullptr;
    check(database, sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file));
    return *file;
}

} // namespace

const char* name_of(CellType type) {
    switch (type) {
    case CellType::integer:
        return "integer";
    case CellType::real:
        return "real";
    case CellType::blob:
        return "blob";
    case CellType::null:
        return "null";
    default:
        return "text";
    }
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    check(database_, sqlite3_bind_int64(statement_.get(), parameter, value));
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
    // A null pointer would bind NULL, so an empty view is given one that is not.
    const char* data = value.data() != nullptr ? value.data() : "";
    check(database_, sqlite3_bind_text64(statement_.get(), parameter, data, value.size(), SQLITE_TRANSIENT,
                                         SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view value) {
    const char* data = value.data() != nullptr ? value.data() : "";
    check(database_, sqlite3_bind_blob64(statement_.get(), parameter, data, value.size(), SQLITE_TRANSIENT));
    return *this;
}

Statement& Statement::bind_real(int parameter, double value) {
    check(database_, sqlite3_bind_double(statement_.get(), parameter, value));
    return *this;
}

Statement& Statement::bind(int parameter, const Cell& cell) {
    switch (cell.type) {
    case CellType::integer:
        return bind(parameter, cell.integer);
    case CellType::real:
        return bind_real(parameter, cell.real);
    case CellType::text:
        return bind(parameter, std::string_view(cell.bytes));
    case CellType::blob:
        return bind_blob(parameter, cell.bytes);
    default:
        return bind_null(parameter);
    }
}

Statement& Statement::bind_null(int parameter) {
    check(database_, sqlite3_bind_null(statement_.get(), parameter));
    return *this;
}

bool Statement::step() {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    fail(database_, "SQLite failed");
}

void Statement::run() {
    while (step()) {
    }
    reset();
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
    const void* data = sqlite3_column_type(statement_.get(), column) == SQLITE_BLOB
                           ? sqlite3_column_blob(statement_.get(), column)
                           : sqlite3_column_text(statement_.get(), column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::size_t Statement::bytes(int column) const {
    return static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
}

int Statement::columns() const {
    return sqlite3_column_count(statement_.get());
}

Cell Statement::cell(int column) const {
    Cell found{type(column)};
    if (found.type == CellType::integer) found.integer = integer(column);
    if (found.type == CellType::real) found.real = real(column);
    if (found.type == CellType::text || found.type == CellType::blob) found.bytes = text(column);
    return found;
}

CellType Statement::type(int column) const {
    switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_INTEGER:
        return CellType::integer;
    case SQLITE_FLOAT:
        return CellType::real;
    case SQLITE_TEXT:
        return CellType::text;
    case SQLITE_BLOB:
        return CellType::blob;
    default:
        return CellType::null;
    }
}

void Database::Close::operator()(sqlite3* database) const {
    sqlite3_close_v2(database);
}

/// SQLite's busy handler: 0 gives up.
int Database::wait_for_lock(void* lock_wait, int waits) {
    LockWait& wait = *static_cast<LockWait*>(lock_wait);
    if (waits == 0) wait.until = core::Deadline::in(wait.longest);
    const std::int64_t begun = core::now_ns();
    core::wait_ready(-1, 0, core::Deadline::in(k_between_attempts));
    wait.waited += core::Nanoseconds(core::now_ns() - begun);
    return !wait.until.passed() && !core::Interrupt::requested() ? 1 : 0;
}

Database::Database(const std::filesystem::path& path, OpenMode mode, core::Nanoseconds lock_wait)
    : lock_wait_(std::make_unique<LockWait>(LockWait{lock_wait, core::Deadline::in(lock_wait)})) {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (mode) {
    case OpenMode::read_only:
        flags |= SQLITE_OPEN_READONLY;
        break;
    case OpenMode::read_write:
        flags |= SQLITE_OPEN_READWRITE;
        break;
    case OpenMode::create:
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        break;
    }
    sqlite3* raw = nullptr;
    const int result = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    database_.reset(raw);
    if (result != SQLITE_OK)
        throw core::Error(core::ExitCode::unreachable,
                          fmt::format("cannot open: {}: {}", path.string(), sqlite3_errstr(result)));
    sqlite3_busy_handler(raw, wait_for_lock, lock_wait_.get());
}

void Database::end_on_interrupt(core::Deadline deadline) {
    constexpr int k_steps_between_looks = 100'000; // about a millisecond
    lock_wait_->statements = deadline;
    const auto is_over = [](void* wait) {
        const bool late = static_cast<const LockWait*>(wait)->statements.passed();
        return late || core::Interrupt::requested() ? 1 : 0;
    };
    sqlite3_progress_handler(database_.get(), k_steps_between_looks, is_over, lock_wait_.get());
}

void Database::execute(const char* sql) {
    check(database_.get(), sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr));
}

Statement Database::prepare(std::string_view sql) {
    sqlite3_stmt* prepared = nullptr;
    const char* rest = nullptr;
    check(database_.get(),
          sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &prepared, &rest));
    Statement statement(database_.get(), prepared);
    if (prepared == nullptr)
        throw core::Error(core::ExitCode::usage, "no statement: there is nothing but blanks and comments");
    const auto left = static_cast<int>(sql.data() + sql.size() - rest);
    if (left == 0) return statement;
    const int result = sqlite3_prepare_v2(database_.get(), rest, left, &prepared, nullptr);
    const Statement another(database_.get(), prepared);
    if (result != SQLITE_OK || prepared != nullptr)
        throw core::Error(core::ExitCode::usage, "more than one statement: only one is wanted");
    return statement;
}

bool Database::has_hot_journal() {
    const int result = sqlite3_exec(database_.get(), "PRAGMA schema_version", nullptr, nullptr, nullptr);
    if (result == SQLITE_READONLY_ROLLBACK) return true;
    check(database_.get(), result);
    return false;
}

void Database::sync() {
    sqlite3_file& file = main_file(database_.get());
    if (file.pMethods->xSync(&file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) != SQLITE_OK)
        throw core::Error(core::ExitCode::refused,
                          fmt::format("writing failed: {}", sqlite3_db_filename(database_.get(), "main")));
}

bool Database::keeps_log() {
    constexpr sqlite3_int64 k_versions = 18; // of who may write and read: sqlite.org/fileformat2.html
    constexpr char k_with_log = 2;
    std::array<char, 2> versions{};
    sqlite3_file& file = main_file(database_.get());
    const bool whole = file.pMethods->xRead(&file, versions.data(), versions.size(), k_versions) == SQLITE_OK;
    return whole && (versions[0] == k_with_log || versions[1] == k_with_log);
}

std::int64_t Database::last_row_id() const {
    return sqlite3_last_insert_rowid(database_.get());
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(database_.get());
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
    database_.execute(kind == Kind::writing ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
    if (!open_) return;
    try {
        database_.execute("ROLLBACK");
    } catch (const core::Error&) {
        // SQLite has rolled back by itself when ROLLBACK fails; there is nothing left to undo.
    }
}

void Transaction::commit() {
    database_.execute("COMMIT");
    open_ = false;
}

} // namespace roacache::store::sqlite
