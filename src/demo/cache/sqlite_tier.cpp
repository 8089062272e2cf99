#include "src/demo/cache/sqlite_tier.hpp"

#include "src/core/error.hpp"
#include "src/layout/glob.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::demo {
namespace {

using store::sqlite::Database;

constexpr Milliseconds k_purge_interval = std::chrono::minutes(1);

// A request must not wait long for another process's lock; a miss is the lesser evil.
Database open_table(const std::filesystem::path& file) {
    Database database(file, store::sqlite::OpenMode::create);
    database.execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=250;"
        "CREATE TABLE IF NOT EXISTS entries ("
        "    key TEXT PRIMARY KEY, value BLOB NOT NULL, created REAL NOT NULL, expires REAL NOT NULL);"
        "CREATE INDEX IF NOT EXISTS entries_expires ON entries (expires);");
    return database;
}

} // namespace

SqliteTier::SqliteTier(const std::filesystem::path& file, TimeSource now, Warn warn)
    : now_(std::move(now)), warn_(std::move(warn)), database_(open_table(file)),
      get_(database_.prepare("SELECT value, CAST(expires * 1000 AS INTEGER) FROM entries WHERE key = ?")),
      put_(database_.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?, ? / 1000.0, ? / 1000.0)")),
      erase_(database_.prepare("DELETE FROM entries WHERE key >= ? AND key < ?")),
      purge_(database_.prepare("DELETE FROM entries WHERE expires <= ? / 1000.0")) {}

std::optional<Found> SqliteTier::get(const CacheKey& key) {
    if (given_up_) return std::nullopt;
    const std::lock_guard lock(mutex_);
    try {
        get_.reset();
        if (!get_.bind(1, key.text).step()) {
            get_.reset();
            return std::nullopt;
        }
        const Milliseconds left = Milliseconds(get_.integer(1)) - now_();
        auto value = std::make_shared<const std::string>(get_.text(0));
        get_.reset();
        if (left <= Milliseconds(0)) return std::nullopt;
        return Found{std::move(value), left};
    } catch (const core::Error& error) {
        get_.reset();
        complain(error.what());
        return std::nullopt;
    }
}

void SqliteTier::put(const CacheKey& key, const std::string& value, Milliseconds ttl) {
    if (given_up_) return;
    const std::lock_guard lock(mutex_);
    try {
        const Milliseconds now = now_();
        purge_expired(now);
        put_.reset();
        put_.bind(1, key.text).bind_blob(2, value).bind(3, now.count()).bind(4, (now + ttl).count()).run();
    } catch (const core::Error& error) {
        put_.reset();
        complain(error.what());
    }
}

void SqliteTier::erase(std::span<const std::string> groups) {
    if (given_up_) return;
    const std::lock_guard lock(mutex_);
    try {
        store::sqlite::Transaction transaction(database_);
        for (const std::string& group : groups) {
            // All keys that begin with the group lie before the group with its last byte raised by one.
            std::string end = group;
            end.back() = static_cast<char>(end.back() + 1);
            erase_.reset();
            erase_.bind(1, group).bind(2, end).run();
        }
        transaction.commit();
    } catch (const core::Error& error) {
        give_up(error);
    }
}

std::vector<std::string> SqliteTier::erase_matching(const std::string& glob,
                                                    std::span<const std::string> groups) {
    if (given_up_) return {};
    const std::lock_guard lock(mutex_);
    std::vector<std::string> keys;
    try {
        store::sqlite::Transaction transaction(database_);
        store::sqlite::Statement all = database_.prepare("SELECT key FROM entries");
        while (all.step())
            if (layout::glob_matches(glob, all.text(0))) keys.emplace_back(all.text(0));
        std::erase_if(keys, [&](const std::string& key) {
            return std::none_of(groups.begin(), groups.end(),
                                [&](const std::string& group) { return key.starts_with(group); });
        });
        for (const std::string& key : keys) {
            erase_.reset();
            erase_.bind(1, key).bind(2, key + '\0').run();
        }
        transaction.commit();
    } catch (const core::Error& error) {
        give_up(error);
    }
    return keys;
}

void SqliteTier::give_up(const core::Error& error) {
    erase_.reset();
    given_up_ = true;
    warn_(fmt::format("{}; going on without the SQLite tier", error.what()));
}

TierSize SqliteTier::size() {
    if (given_up_) return {};
    const std::lock_guard lock(mutex_);
    try {
        auto count = database_.prepare("SELECT count(*) FROM entries WHERE expires > ? / 1000.0");
        if (count.bind(1, now_().count()).step()) return {static_cast<std::uint64_t>(count.integer(0)), {}};
    } catch (const core::Error& error) {
        complain(error.what());
    }
    return {};
}

void SqliteTier::complain(const std::string& why) {
    if (complained_) return;
    complained_ = true;
    warn_(fmt::format("{}; going on from memory and the database", why));
}

void SqliteTier::purge_expired(Milliseconds now) {
    if (now < next_purge_) return;
    next_purge_ = now + k_purge_interval;
    purge_.reset();
    purge_.bind(1, now.count()).run();
}

} // namespace roacache::demo
