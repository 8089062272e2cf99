#pragma once

#include "src/store/sqlite/entry_table.hpp"

#include <functional>
#include <optional>
#include <string>

namespace roacache::store::sqlite {

/// Finds the rows of keys that somebody named, by the bytes with which a key is listed, whether it is stored
/// as text, as bytes or as a number.
class KeyLookup {
  public:
    /// Both must outlive this. `values`: as of EntryTable::select().
    KeyLookup(Database& database, const EntryTable& table, bool values)
        : database_(database), table_(table), values_(values) {}

    /// Is given a row, and the statement that stands at it; false: no more are wanted.
    using Take = std::function<bool(EntryTable::Row row, const Statement& at)>;
    /// Hands each row with the key on.
    void find(const std::string& key, const Take& take);

  private:
    bool hand_on(Statement& rows, const std::string& key, const Take& take) const;

    Database& database_;
    const EntryTable& table_;
    bool values_;
    std::optional<Statement> texts_, numbers_;
};

} // namespace roacache::store::sqlite
