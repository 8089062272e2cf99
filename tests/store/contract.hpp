#pragma once

#include "src/store/meant_keys.hpp"
#include "src/store/store.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace roacache::test {

/// A store of some kind, with entries that are put there and looked at by means of their own, and not by what
/// is tested. Lives in a place of its own, which is gone with it.
class StoredEntries {
  public:
    virtual ~StoredEntries() = default;

    virtual std::string url() const = 0;
    /// Over what is there. Absent `ttl`: never expires.
    virtual void put(const std::string& key, const std::string& value,
                     std::optional<std::chrono::milliseconds> ttl = {}) = 0;
    /// Those that are there and have not expired.
    virtual std::set<std::string> keys() = 0;
    /// Left to live; absent where it never expires.
    virtual std::optional<std::chrono::milliseconds> ttl(const std::string& key) = 0;
};

struct StoreKind {
    const char* name;
    std::unique_ptr<StoredEntries> (*make)();
};

std::unique_ptr<StoredEntries> make_redis_entries();
std::unique_ptr<StoredEntries> make_cluster_entries();
std::unique_ptr<StoredEntries> make_sqlite_seconds();
std::unique_ptr<StoredEntries> make_sqlite_text();
std::unique_ptr<StoredEntries> make_sqlite_lifetimes();
std::unique_ptr<StoredEntries> make_sqlite_bare();

/// What the contract's tests run over: another kind of store is another line.
inline constexpr StoreKind k_store_kinds[] = {
    {"Redis", make_redis_entries},
    {"Redis Cluster", make_cluster_entries},
    {"SQLite, expiry in seconds", make_sqlite_seconds},
    {"SQLite, expiry as text, ordered by key", make_sqlite_text},
    {"SQLite, created and seconds to live", make_sqlite_lifetimes},
    {"SQLite, without an index, keys as bytes", make_sqlite_bare},
};

} // namespace roacache::test
