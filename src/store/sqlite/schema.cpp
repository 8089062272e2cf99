#include "src/store/sqlite/schema.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace roacache::store::sqlite {
namespace {

std::vector<std::string> indexed_columns(Database& database, const std::string& table) {
    Statement list =
        database.prepare("SELECT max(info.name) FROM pragma_index_list(?1) AS list, "
                         "pragma_index_xinfo(list.name) AS info WHERE list.partial = 0 AND info.key "
                         "GROUP BY list.name HAVING count(*) = 1 AND max(info.name) IS NOT NULL "
                         "AND max(info.coll) = 'BINARY'");
    list.bind(1, table);
    std::vector<std::string> columns;
    while (list.step())
        columns.emplace_back(list.text(0));
    return columns;
}

} // namespace

std::string TableSchema::first_of(const std::vector<std::string_view>& names) const {
    for (const std::string_view wanted : names)
        for (const ColumnSchema& column : columns)
            if (core::to_lower(column.name) == core::to_lower(wanted)) return column.name;
    return {};
}

std::size_t TableSchema::primary_keys() const {
    return static_cast<std::size_t>(
        std::count_if(columns.begin(), columns.end(), [](const auto& column) { return column.primary_key; }));
}

bool TableSchema::has_integer_key() const {
    return !without_rowid && primary_keys() == 1 &&
           std::any_of(columns.begin(), columns.end(), [](const ColumnSchema& column) {
               return column.primary_key && core::to_lower(column.type) == "integer";
           });
}

std::string TableSchema::text() const {
    std::string list;
    for (const ColumnSchema& column : columns)
        list += fmt::format("{}{}{}{}", list.empty() ? "" : ", ", column.name, column.type.empty() ? "" : " ",
                            column.type);
    return fmt::format("{}({})", name, list);
}

std::vector<TableSchema> read_schema(Database& database) {
    std::vector<TableSchema> tables;
    Statement list =
        database.prepare("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = "
                         "'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name");
    Statement columns = database.prepare("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid");
    while (list.step()) {
        TableSchema table;
        table.name = list.text(0);
        table.without_rowid = list.integer(1) != 0;
        columns.bind(1, table.name);
        while (columns.step())
            table.columns.push_back(
                {std::string(columns.text(0)), std::string(columns.text(1)), columns.integer(2) != 0});
        columns.reset();
        table.indexed = indexed_columns(database, table.name);
        tables.push_back(std::move(table));
    }
    return tables;
}

std::vector<std::string> tables_that_go_along(Database& database, const std::string& table) {
    Statement references =
        database.prepare("SELECT child.name, reference.\"table\" FROM pragma_table_list AS child, "
                         "pragma_foreign_key_list(child.name) AS reference WHERE child.schema = 'main' AND "
                         "child.type = 'table' "
                         "AND upper(reference.on_delete) = 'CASCADE' ORDER BY child.name");
    std::vector<std::pair<std::string, std::string>> cascades; // in lower case, but for the child's name
    while (references.step())
        cascades.emplace_back(references.text(0), core::to_lower(references.text(1)));
    std::vector<std::string> along;
    std::vector<std::string> parents{core::to_lower(table)};
    for (std::size_t i = 0; i < parents.size(); ++i)
        for (const auto& [child, parent] : cascades) {
            if (parent != parents[i] || std::find(along.begin(), along.end(), child) != along.end()) continue;
            along.push_back(child);
            parents.push_back(core::to_lower(child));
        }
    return along;
}

} // namespace roacache::store::sqlite
