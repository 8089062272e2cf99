#include "src/store/sqlite/entry_table.hpp"

#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/output/text.hpp"
#include "src/store/sqlite/number_text.hpp"
#include "src/store/sqlite/schema.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace roacache::store::sqlite {
namespace {

using Names = std::vector<std::string_view>;

// What tables of caches call their columns, the usual first.
const Names k_keys{"cache_key", "key", "cachekey", "entry_key", "hash_key", "k", "id"};
const Names k_values{"value",        "data",        "payload",    "body", "content", "result", "response",
                     "cached_value", "cached_data", "value_json", "json", "val",     "v",      "blob"};
const Names k_expires{"expires_at", "expires",     "expiry",      "expire_at", "expiration",  "expires_on",
                      "expires_ts", "expiry_time", "expire_time", "expire",    "valid_until", "exp"};
const Names k_created{"created_at",  "created",   "cached_at",  "stored_at",
                      "inserted_at", "timestamp", "updated_at", "ts"};
const Names k_rewritten{"updated_at",    "updated",      "modified_at",
                        "last_modified", "last_updated", "written_at"};
const Names k_accessed{"last_accessed",    "last_accessed_at", "accessed_at",  "access_time",
                       "last_access_time", "last_access",      "last_used_at", "last_used"};
const Names k_ttls{"ttl_seconds", "ttl_s", "ttl", "max_age", "lifetime", "expires_in"};
const Names k_files{"filename", "file_name", "filepath", "file_path"};
const Names k_sizes{"size", "size_bytes", "file_size", "length"};
const Names k_resources{"cache_type", "resource", "query_type", "entry_type", "type", "category", "kind"};

/// The column, as it is written there, that is named or else the first of the usual; empty when there is
/// none.
std::string column_of(const TableSchema& table, const std::string& named, const Names& usual) {
    return named.empty() ? table.first_of(usual) : table.first_of({named});
}

std::string segment_column(const TableSchema& table, const std::string& segment, const std::string& named) {
    const std::string id = segment + "_id", name = segment + "_name", joined = segment + "name";
    return column_of(table, named, {segment, id, joined, name});
}

struct Fit {
    const TableSchema* table = nullptr;
    std::string key, value, expires, created, ttl;

    bool lasts() const { return !expires.empty() || (!created.empty() && !ttl.empty()); }
};

/// A number is no key that a service makes up.
bool may_hold_keys(const TableSchema& table, const std::string& column) {
    for (const ColumnSchema& each : table.columns) {
        if (each.name != column) continue;
        const std::string type = core::to_lower(each.type);
        const auto is = [&](const char* word) { return type.find(word) != std::string::npos; };
        return !is("int") && !is("real") && !is("floa") && !is("doub") && !is("num") && !is("dat") &&
               !is("bool");
    }
    return false;
}

Fit fit_of(const TableSchema& table, const config::SqliteNames& names) {
    Fit fit{&table,
            column_of(table, names.key, k_keys),
            column_of(table, names.value, k_values),
            column_of(table, names.expires, k_expires),
            "",
            ""};
    if (names.key.empty() && !may_hold_keys(table, fit.key)) fit.key.clear();
    if (fit.expires.empty()) {
        fit.created = column_of(table, names.created, k_created);
        fit.ttl = column_of(table, names.ttl, k_ttls);
        if (fit.created.empty() || fit.ttl.empty()) fit.created = fit.ttl = "";
    }
    return fit;
}

std::string seen(const std::vector<TableSchema>& tables) {
    constexpr std::size_t k_most = 8;
    if (tables.empty()) return "it has no tables";
    std::string text;
    for (std::size_t i = 0; i < std::min(tables.size(), k_most); ++i)
        text += (i > 0 ? ", " : "") + output::printable(tables[i].text());
    if (tables.size() > k_most) text += fmt::format(" and {} more", tables.size() - k_most);
    return "it has " + text;
}

[[noreturn]] void refuse(const std::string& path, const std::string& why,
                         const std::vector<TableSchema>& tables) {
    throw core::Error(
        core::ExitCode::refused,
        fmt::format("no table of cache entries: {}: {}; {}", path, why, seen(tables)),
        "Name them in a profile: [sqlite] with table, key, value and expires, or created and ttl.");
}

Fit choose(const std::vector<TableSchema>& tables, const config::SqliteNames& names,
           const std::string& path) {
    std::vector<Fit> fits;
    bool is_there = names.table.empty();
    for (const TableSchema& table : tables) {
        const bool is_named = core::to_lower(table.name) == core::to_lower(names.table);
        if (!names.table.empty() && !is_named) continue;
        is_there = true;
        Fit fit = fit_of(table, names);
        // Of a table that is named it is believed that what it holds never expires.
        if (!fit.key.empty() && !fit.value.empty() && (fit.lasts() || is_named))
            fits.push_back(std::move(fit));
    }
    if (!is_there)
        refuse(path, fmt::format("there is no table '{}'", output::printable(names.table)), tables);
    if (fits.empty())
        refuse(path, "none has a column for keys, one for values and one that says when an entry expires",
               tables);
    if (fits.size() > 1) refuse(path, "it could be one of several", tables);
    return fits.front();
}

constexpr std::int64_t k_most_apart_ms = 5000;
constexpr int k_key = 1, k_moment = 2, k_ttl = 3, k_resource = 4, k_file = 5, k_size = 6, k_first_segment = 7;

} // namespace

std::string rowid_name(const TableSchema& table) {
    for (const char* name : {"rowid", "_rowid_", "oid"})
        if (table.first_of({name}).empty()) return name;
    return {};
}

std::string sql_name(std::string_view name) {
    std::string text = "\"";
    for (const char character : name) {
        text += character;
        if (character == '"') text += character;
    }
    return text + "\"";
}

EntryTable EntryTable::find(Database& database, const config::SqliteNames& names, const std::string& path) {
    const std::vector<TableSchema> tables = read_schema(database);
    const Fit fit = choose(tables, names, path);
    const TableSchema& schema = *fit.table;
    EntryTable table;
    const auto quote = [](const std::string& column) {
        return column.empty() ? std::string() : sql_name(column);
    };
    table.plain_name_ = schema.name;
    table.table_ = sql_name(schema.name);
    table.key_ = sql_name(fit.key);
    table.value_ = sql_name(fit.value);
    table.expires_ = quote(fit.expires);
    table.created_ = quote(fit.created);
    table.ttl_ = quote(fit.ttl);
    table.resource_ = quote(column_of(schema, names.resource, k_resources));
    if (const std::string file = schema.first_of(k_files); file != fit.key && file != fit.value)
        table.file_ = quote(file);
    if (!table.file_.empty()) table.size_ = quote(schema.first_of(k_sizes));
    for (const auto& [segment, column] : names.segments)
        if (const std::string found = segment_column(schema, segment, column); !found.empty())
            table.segments_.emplace_back(segment, sql_name(found));
    for (const std::string& column : schema.indexed)
        table.indexed_.insert(sql_name(column));
    table.place_ = schema.without_rowid ? table.key_ : rowid_name(schema);
    table.by_rowid_ = !schema.without_rowid;
    table.keeps_rowids_ = schema.without_rowid || schema.has_integer_key();
    const bool ordered_by_key =
        schema.primary_keys() == 1 &&
        std::any_of(schema.columns.begin(), schema.columns.end(),
                    [&](const auto& column) { return column.primary_key && column.name == fit.key; });
    if (table.place_.empty() || (schema.without_rowid && !ordered_by_key))
        refuse(path, "it has neither rowids nor the key as its primary key", tables);
    const std::string made = column_of(schema, names.created, k_created);
    // An entry that is written anew in place keeps the moment at which it was made.
    const std::string rewritten = names.created.empty() ? schema.first_of(k_rewritten) : "";
    table.written_ = quote(rewritten.empty() ? made : rewritten);
    table.used_ = quote(column_of(schema, names.accessed, k_accessed));
    table.zone_ = find_time_zone(database,
                                 {table.table_, table.place_,
                                  table.expires_.empty() ? table.created_ : table.expires_, table.written_},
                                 names.times, now_ms());
    return table;
}

std::string EntryTable::select(bool values) const {
    const auto or_null = [](const std::string& column) { return column.empty() ? "NULL" : column; };
    std::string sql = fmt::format("SELECT {}, {}, {}, {}, {}, {}, {}", place_, key_,
                                  or_null(expires_.empty() ? created_ : expires_), or_null(ttl_),
                                  or_null(resource_), or_null(file_), or_null(size_));
    for (const auto& [name, column] : segments_)
        sql += ", " + column;
    if (values) sql += fmt::format(", {}, {}, {}", or_null(written_), or_null(used_), value_);
    return sql + " FROM " + table_;
}

std::string EntryTable::has_key_of_bytes() const {
    return fmt::format(" WHERE {0} IN (?1, ?2) AND typeof({0}) IN ('text', 'blob')", key_);
}

std::string EntryTable::has_key_between() const {
    return fmt::format(" WHERE {0} BETWEEN ?1 AND ?2 AND typeof({0}) IN ('integer', 'real')", key_);
}

std::string EntryTable::indexed_column(std::string_view segment) const {
    for (const auto& [name, column] : segments_)
        if (name == segment && indexed_.contains(column)) return column;
    return {};
}

std::string EntryTable::indexed_resource() const {
    return indexed_.contains(resource_) ? resource_ : "";
}

std::string EntryTable::identity(int first) const {
    return fmt::format("WHERE {} = ?{} AND {} IS ?{}", place_, first, key_, first + 1);
}

std::string EntryTable::update_expiry() const {
    return fmt::format("UPDATE {} SET {} = ?1 {}", table_, expires_.empty() ? ttl_ : expires_, identity(2));
}

std::string_view EntryTable::bind_expiry(Statement& update, const Statement& row, Moment end,
                                         const std::optional<MomentForm>& usual) const {
    if (expires_.empty()) return bind_lifetime(update, row, end);
    const auto own = form_of(row);
    const auto& form = own ? own : usual;
    if (!form) return "no entry shows how the table writes times";
    form->bind(update, 1, end);
    return {};
}

/// 0 and less would mean never: an entry then lives on for the least there is. One that was made after its
/// end cannot be ended by that, but for the little that clocks differ.
std::string_view EntryTable::bind_lifetime(Statement& update, const Statement& row, Moment end) const {
    constexpr double k_ms = 1000, k_least_real = 0.001, k_least_whole = 1;
    const auto created = Moment::read(row, k_moment, zone_.no_zone);
    if (!created) return "the table does not tell when it was made";
    if (created->ms > end.ms + k_most_apart_ms) return "by the table's time it was made in the future";
    const double seconds = static_cast<double>(end.ms - created->ms) / k_ms;
    const bool whole = row.type(k_ttl) != CellType::real && std::floor(row.real(k_ttl)) == row.real(k_ttl);
    if (whole)
        update.bind(1, static_cast<std::int64_t>(std::max(std::floor(seconds), k_least_whole)));
    else
        update.bind_real(1, std::max(seconds, k_least_real));
    return {};
}

std::optional<MomentForm> EntryTable::form_of(const Statement& row) const {
    const auto moment = expires_.empty() ? std::nullopt : Moment::read(row, k_moment, zone_.no_zone);
    if (!moment || moment->ms <= 0) return std::nullopt;
    return MomentForm(row, k_moment, zone_.no_zone);
}

std::optional<EntryTable::Need> EntryTable::need(std::string_view segment, const std::string& text) const {
    for (std::size_t i = 0; i < segments_.size(); ++i)
        if (segments_[i].first == segment) return Need{k_first_segment + static_cast<int>(i), text};
    return std::nullopt;
}

std::string_view EntryTable::key_text(const Statement& row) {
    return row.text(k_key);
}

bool EntryTable::has_key(const Statement& row) {
    return !row.null(k_key);
}

EntryTable::Place EntryTable::place_of(const Statement& row) const {
    Place place{by_rowid_ ? row.integer(0) : 0, row.cell(k_key)};
    if (row.type(k_file) == CellType::text) place.file = row.text(k_file);
    return place;
}

/// 0 and less mean never, as in most tables of caches.
void EntryTable::read_end(const Statement& row, Row& found) const {
    if (row.null(k_moment)) return;
    const auto moment = Moment::read(row, k_moment, zone_.no_zone);
    found.expiry_known = moment.has_value();
    if (!moment) return;
    if (!expires_.empty() && moment->ms > 0) found.ends_ms = moment->ms;
    if (ttl_.empty() || row.null(k_ttl)) return;
    constexpr double k_longest_s = 1e11, k_ms = 1000;
    const double seconds = row.real(k_ttl);
    if (seconds > 0 && seconds <= k_longest_s)
        found.ends_ms = moment->ms + static_cast<std::int64_t>(seconds * k_ms);
}

EntryTable::Row EntryTable::row_at(const Statement& row) const {
    std::unique_ptr<StoredParts> parts;
    if (!resource_.empty() || !segments_.empty()) {
        parts = std::make_unique<StoredParts>();
        if (!resource_.empty() && !row.null(k_resource)) parts->resource = naming_text(row, k_resource);
        int column = k_first_segment;
        for (const auto& [name, unused] : segments_) {
            if (!row.null(column)) parts->segments.emplace_back(name, naming_text(row, column));
            ++column;
        }
    }
    Place place = place_of(row);
    FoundKey key(std::string(row.text(k_key)), std::move(parts));
    if (by_rowid_) key.set_row(place.rowid);
    Row found{std::move(key), std::move(place)};
    read_end(row, found);
    const int written = k_first_segment + static_cast<int>(segments_.size()), used = written + 1;
    if (const int value = used + 1; value < row.columns()) {
        const auto moment_in = [&](int column) -> std::optional<std::int64_t> {
            const auto moment = Moment::read(row, column, zone_.no_zone);
            return moment && moment->ms > 0 ? std::optional(moment->ms) : std::nullopt;
        };
        found.written_ms = moment_in(written);
        found.used_ms = moment_in(used);
        found.value_type = row.type(value);
        if (found.value_type != CellType::null)
            found.value_bytes = row.bytes(value);
        else if (found.value_in_file() && row.type(k_size) == CellType::integer && row.integer(k_size) >= 0)
            found.value_bytes = static_cast<std::uint64_t>(row.integer(k_size));
    }
    return found;
}

std::optional<std::int64_t> EntryTable::since(const std::optional<std::int64_t>& moment_ms,
                                              std::int64_t now_ms) {
    if (!moment_ms || *moment_ms > now_ms + k_most_apart_ms) return std::nullopt;
    return std::max<std::int64_t>(now_ms - *moment_ms, 0);
}

std::optional<std::uint64_t> EntryTable::Row::bytes() const {
    if (!value_bytes && (!value_type || value_in_file())) return std::nullopt;
    return key.bytes().size() + value_bytes.value_or(0);
}

} // namespace roacache::store::sqlite
