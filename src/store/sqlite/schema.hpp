#pragma once

#include "src/store/sqlite/database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::sqlite {

struct ColumnSchema {
    std::string name, type; ///< as declared
    bool primary_key = false;
};

/// A table as the file declares it.
struct TableSchema {
    std::string name;
    std::vector<ColumnSchema> columns;
    bool without_rowid = false;
    std::vector<std::string> indexed; ///< columns that an index is of alone: it gives rows in their order

    /// The first of these names that a column has, in any case of letters, as the column is written; else
    /// empty.
    std::string first_of(const std::vector<std::string_view>& names) const;
    std::size_t primary_keys() const;
    /// Its rowids are a column's values.
    bool has_integer_key() const;
    /// `entries(cache_key TEXT, data BLOB, expires_at REAL)`
    std::string text() const;
};

/// The tables of a file that are no other's shadow and none of SQLite's own.
std::vector<TableSchema> read_schema(Database& database);

/// The tables of which rows are removed with those of `table` that they refer to, by foreign keys that say
/// so, one behind another; may be `table` itself.
std::vector<std::string> tables_that_go_along(Database& database, const std::string& table);

} // namespace roacache::store::sqlite
