// SQLite files as services make them, filled and read by the SQL that they would use.

#include "src/store/sqlite/database.hpp"
#include "tests/store/contract.hpp"
#include "tests/support/process.hpp"

#include <chrono>
#include <cstdlib>
#include <fmt/format.h>

namespace roacache::test {
namespace {

using store::sqlite::Database;
using store::sqlite::OpenMode;

struct SqliteSchema {
    const char* journal;
    const char* create;
    const char* put;  ///< ?1 key, ?2 value, ?3 milliseconds to live, or NULL
    const char* keys; ///< of those that are alive
    const char* ttl;  ///< milliseconds, of the key ?1
};

/// The moment in so many milliseconds, as SQL.
constexpr const char* k_now_ms = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

constexpr SqliteSchema k_seconds{
    "DELETE", "CREATE TABLE cache_entries (cache_key TEXT PRIMARY KEY, value BLOB, expires_at REAL)",
    "INSERT OR REPLACE INTO cache_entries VALUES (?1, ?2, ({0} + ?3) / 1000.0)",
    "SELECT cache_key FROM cache_entries WHERE expires_at IS NULL OR expires_at > {0} / 1000.0",
    "SELECT expires_at * 1000 - {0} FROM cache_entries WHERE cache_key = ?1"};

constexpr SqliteSchema k_text{
    "WAL",
    "CREATE TABLE hybrid (\"key\" TEXT NOT NULL PRIMARY KEY, payload BLOB, expires TEXT) WITHOUT ROWID",
    "INSERT OR REPLACE INTO hybrid VALUES (?1, ?2, strftime('%Y-%m-%d %H:%M:%f', ({0} + ?3) / 1000.0, "
    "'unixepoch'))",
    "SELECT \"key\" FROM hybrid WHERE expires IS NULL OR julianday(expires) > julianday('now')",
    "SELECT (julianday(expires) - julianday('now')) * 86400000 FROM hybrid WHERE \"key\" = ?1"};

constexpr SqliteSchema k_lifetimes{
    "DELETE",
    "CREATE TABLE l2 (rowid TEXT, key TEXT, data BLOB, created_at INTEGER, ttl_seconds REAL);"
    "CREATE UNIQUE INDEX l2_key ON l2 (key)",
    "INSERT OR REPLACE INTO l2 VALUES ('-', ?1, ?2, {0} - 5000, ?3 / 1000.0 + 5)",
    "SELECT key FROM l2 WHERE ttl_seconds IS NULL OR created_at + ttl_seconds * 1000 > {0}",
    "SELECT created_at + ttl_seconds * 1000 - {0} FROM l2 WHERE key = ?1"};

/// Neither a primary key nor an index, and keys are bytes.
constexpr SqliteSchema k_bare{"WAL", "CREATE TABLE \"of \"\"kv\"\"\" (k, v, expiry INTEGER)",
                              "INSERT INTO \"of \"\"kv\"\"\" VALUES (CAST(?1 AS BLOB), ?2, {0} + ?3)",
                              "SELECT k FROM \"of \"\"kv\"\"\" WHERE expiry IS NULL OR expiry > {0}",
                              "SELECT expiry - {0} FROM \"of \"\"kv\"\"\" WHERE k = CAST(?1 AS BLOB)"};

class SqliteEntries final : public StoredEntries {
  public:
    explicit SqliteEntries(const SqliteSchema& schema)
        : schema_(schema), database_(folder_.path() / "cache.db", OpenMode::create) {
        setenv("TZ", "UTC", 1); // NOLINT(concurrency-mt-unsafe): the service's, whose times may name no zone
        database_.execute(
            fmt::format("PRAGMA journal_mode={}; PRAGMA synchronous=OFF; {}", schema.journal, schema.create)
                .c_str());
    }

    std::string url() const override { return "sqlite:" + (folder_.path() / "cache.db").string(); }

    void put(const std::string& key, const std::string& value,
             std::optional<std::chrono::milliseconds> ttl) override {
        if (&schema_ == &k_bare) {
            auto erase = database_.prepare("DELETE FROM \"of \"\"kv\"\"\" WHERE k = CAST(?1 AS BLOB)");
            erase.bind(1, key).run();
        }
        auto statement = prepared(schema_.put);
        statement.bind(1, key).bind_blob(2, value);
        if (ttl)
            statement.bind(3, ttl->count());
        else
            statement.bind_null(3);
        statement.run();
    }

    std::set<std::string> keys() override {
        std::set<std::string> keys;
        auto statement = prepared(schema_.keys);
        while (statement.step())
            keys.emplace(statement.text(0));
        return keys;
    }

    std::optional<std::chrono::milliseconds> ttl(const std::string& key) override {
        auto statement = prepared(schema_.ttl);
        statement.bind(1, key);
        if (!statement.step() || statement.null(0)) return std::nullopt;
        return std::chrono::milliseconds(static_cast<std::int64_t>(statement.real(0)));
    }

  private:
    store::sqlite::Statement prepared(const char* sql) {
        return database_.prepare(fmt::format(fmt::runtime(sql), k_now_ms));
    }

    TempDir folder_;
    const SqliteSchema& schema_;
    Database database_;
};

} // namespace

std::unique_ptr<StoredEntries> make_sqlite_seconds() {
    return std::make_unique<SqliteEntries>(k_seconds);
}
std::unique_ptr<StoredEntries> make_sqlite_text() {
    return std::make_unique<SqliteEntries>(k_text);
}
std::unique_ptr<StoredEntries> make_sqlite_lifetimes() {
    return std::make_unique<SqliteEntries>(k_lifetimes);
}
std::unique_ptr<StoredEntries> make_sqlite_bare() {
    return std::make_unique<SqliteEntries>(k_bare);
}

} // namespace roacache::test
