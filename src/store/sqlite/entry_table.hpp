#pragma once

#include "src/config/profile.hpp"
#include "src/store/found_key.hpp"
#include "src/store/sqlite/database.hpp"
#include "src/store/sqlite/moment.hpp"
#include "src/store/sqlite/schema.hpp"
#include "src/store/sqlite/time_zone.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace roacache::store::sqlite {

/// The table that holds a cache's entries, and which of its columns hold what.
class EntryTable {
  public:
    /// Takes the names that are given and finds the others by looking: a table that is the only one with a
    /// column for keys, one for values, and one that says until when an entry is valid. `segments`: those
    /// that may be asked for, each in a column that is called like it.
    /// Throws core::Error(refused) with the tables and columns that are there when none fits or several do.
    static EntryTable find(Database& database, const config::SqliteNames& names, const std::string& path);

    const std::string& name() const { return table_; } ///< as SQL takes it
    const std::string& plain_name() const { return plain_name_; }
    const TimeZone& zone() const { return zone_; }
    bool expires() const { return !expires_.empty() || !ttl_.empty(); }
    bool tells_use() const { return !used_.empty(); } ///< when an entry was last used

    /// The beginning of a query for rows: SELECT … FROM …, with `values` the value's too. What row_at()
    /// reads.
    std::string select(bool values) const;
    /// Follows a select(): ` WHERE …`, of rows whose key is the text ?1, or what the column's collation takes
    /// for alike, or the bytes ?2.
    std::string has_key_of_bytes() const;
    /// The same of rows whose key is a number from ?1 to ?2.
    std::string has_key_between() const;
    /// A row's place in the order of a walk, as an SQL expression: its rowid, or its key.
    const std::string& place() const { return place_; }
    bool by_rowid() const { return by_rowid_; }
    /// False: a VACUUM may number the rows anew.
    bool keeps_rowids() const { return keeps_rowids_; }
    /// The quoted column of a segment or of the resource, where an index is of it alone; else
    /// empty.
    std::string indexed_column(std::string_view segment) const;
    std::string indexed_resource() const;

    /// `UPDATE … SET …=?1` in which the moment, or the seconds to live, is the first parameter; the row's
    /// identity() follows with parameters from 2 on.
    std::string update_expiry() const;
    /// Binds the first parameter of that so that a row of select() ends at this moment, or as soon after it
    /// as the table can tell; `usual`: form_of() another. Why that cannot be, in a few words; empty: it can.
    std::string_view bind_expiry(Statement& update, const Statement& row, Moment end,
                                 const std::optional<MomentForm>& usual) const;
    /// How a row has its end; absent where it never ends, or none does.
    std::optional<MomentForm> form_of(const Statement& row) const;
    /// `WHERE …`, with the row's place and key as the parameters `first` and the next.
    std::string identity(int first) const;

    /// Where a row stands, as place() and identity() want it.
    struct Place {
        std::int64_t rowid = 0; ///< where by_rowid()
        Cell key;
        std::string file = {}; ///< that has the row's value, as the table names it; empty: none has
    };
    Place place_of(const Statement& row) const;
    /// A row's key as it is listed.
    static std::string_view key_text(const Statement& row);
    /// False: NULL stands there, by which nobody can ask for the row; it is no entry.
    static bool has_key(const Statement& row);

    struct Row {
        FoundKey key;
        Place place;
        std::optional<std::int64_t> ends_ms = {}; ///< since 1970; absent: never
        bool expiry_known = true;                 ///< false: something stands there that is no moment
        /// Of a query with values, since 1970: when it was written, and last used; absent where the table
        /// does not tell.
        std::optional<std::int64_t> written_ms = {}, used_ms = {};
        std::optional<CellType> value_type = {}; ///< of a query with values
        /// Of a query with values: the value's; absent where it is NULL, unless the row tells that of the
        /// file which has it.
        std::optional<std::uint64_t> value_bytes = {};
        bool value_in_file() const { return value_type == CellType::null && !place.file.empty(); }
        /// Of key and value; absent where the value is elsewhere, and how long it is the row does not tell.
        std::optional<std::uint64_t> bytes() const;

        bool alive(std::int64_t now_ms) const { return !ends_ms || *ends_ms > now_ms; }
    };
    /// How long ago a moment was; absent without one, and where it is to come by more than clocks differ.
    static std::optional<std::int64_t> since(const std::optional<std::int64_t>& moment_ms,
                                             std::int64_t now_ms);
    /// The current row of a select().
    Row row_at(const Statement& row) const;

    /// A column's text that a row needs to be meant, unless it has none there.
    struct Need {
        int column = 0; ///< of a select()
        std::string text;
    };
    /// Absent where what is wanted of this segment stands in no column.
    std::optional<Need> need(std::string_view segment, const std::string& text) const;

  private:
    std::string_view bind_lifetime(Statement& update, const Statement& row, Moment end) const;
    void read_end(const Statement& row, Row& found) const;

    std::string plain_name_;
    std::string table_, key_, value_, expires_, created_, ttl_, resource_, file_, size_; // quoted
    std::string written_, used_;                                                         // likewise
    std::vector<std::pair<std::string, std::string>> segments_; // name and quoted column
    std::string place_;
    TimeZone zone_;
    bool by_rowid_ = true;
    bool keeps_rowids_ = true;
    std::set<std::string> indexed_; // columns, quoted
};

/// A name by which a table's rowids can be asked for; empty where columns have all of them.
std::string rowid_name(const TableSchema& table);

/// An identifier as SQL takes it, whatever is in it.
std::string sql_name(std::string_view name);

} // namespace roacache::store::sqlite
