#pragma once

#include "src/core/clock.hpp"
#include "src/store/sqlite/entry_table.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace roacache::store::sqlite {

/// Finds the rows of keys that somebody named, by the bytes with which a key is listed, whether it is stored
/// as text, as bytes or as a number.
class KeyLookup {
  public:
    /// Both must outlive this. `values`: as of EntryTable::select().
    KeyLookup(Database& database, const EntryTable& table, bool values);

    /// Whether an index finds the rows of a key. Without one every row is read, so that it is better to ask
    /// for many keys at once.
    bool by_index() const { return by_index_; }

    struct Taker {
        /// A row of the key with this number, and the statement that stands at it; false: no more are wanted.
        std::function<bool(std::size_t number, EntryTable::Row row, const Statement& at)> take;
        std::function<void()> again = {}; ///< all rows come again
    };
    /// Hands on each row of these keys, key by key where an index finds them. No statement holds the file's
    /// lock longer than about `longest`. An interrupt ends it.
    void find(const std::vector<std::string>& keys, core::Nanoseconds longest, const Taker& taker);

  private:
    bool find_one(const std::string& key, std::size_t number, const Taker& taker);
    bool hand_on(Statement& rows, const std::string& key, std::size_t number, const Taker& taker) const;
    void read_all(const std::vector<std::string>& keys, core::Nanoseconds longest, const Taker& taker);

    Database& database_;
    const EntryTable& table_;
    bool values_;
    bool by_index_ = false;
    std::optional<Statement> texts_, numbers_;
};

} // namespace roacache::store::sqlite
