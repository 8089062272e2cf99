#include "src/store/sqlite/database.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"

#include <chrono>
#include <fmt/core.h>
#include <sqlite3.h>

namespace roacache::store::sqlite {
namespace {

constexpr int k_most_busy_waits = 250;
constexpr std::chrono::milliseconds k_busy_wait{20};

/// SQLite's busy handler: waits a little for a lock, for five seconds in all; 0 gives up.
int wait_for_lock(void*, int waits) {
    core::wait_ready(-1, 0, core::Deadline::in(k_busy_wait));
    return waits < k_most_busy_waits && !core::Interrupt::requested() ? 1 : 0;
}

core::ExitCode exit_code_of(int result) {
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
        return core::ExitCode::unreachable;
    default:
        return core::ExitCode::refused;
    }
}

[[noreturn]] void fail(sqlite3* database, const char* what) {
    const int result = sqlite3_extended_errcode(database);
    const char* file = sqlite3_db_filename(database, "main");
    throw core::Error(exit_code_of(result),
                      fmt::format("{}: {}: {}", what, file != nullptr ? file : "", sqlite3_errmsg(database)));
}

void check(sqlite3* database, int result) {
    if (result != SQLITE_OK) fail(database, "SQLite failed");
}

} // namespace

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
    const void* data = sqlite3_column_blob(statement_.get(), column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* database) const {
    sqlite3_close_v2(database);
}

Database::Database(const std::filesystem::path& path, OpenMode mode) {
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
    sqlite3_busy_handler(raw, wait_for_lock, nullptr);
}

void Database::end_on_interrupt() {
    constexpr int k_steps_between_looks = 100'000; // about a millisecond
    const auto interrupted = [](void*) { return core::Interrupt::requested() ? 1 : 0; };
    sqlite3_progress_handler(database_.get(), k_steps_between_looks, interrupted, nullptr);
}

void Database::execute(const char* sql) {
    check(database_.get(), sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr));
}

Statement Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    check(database_.get(),
          sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr));
    return {database_.get(), statement};
}

std::int64_t Database::last_row_id() const {
    return sqlite3_last_insert_rowid(database_.get());
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(database_.get());
}

Transaction::Transaction(Database& database) : database_(database) {
    database_.execute("BEGIN IMMEDIATE");
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
