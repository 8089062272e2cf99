#include "src/store/sqlite/row_passes.hpp"

#include "src/store/sqlite/number_text.hpp"

#include <fmt/core.h>

namespace roacache::store::sqlite {
namespace {

/// A column's values are compared by the type that each is stored as, since a column need not have one.
void add_equal(std::vector<RowPass>& passes, const std::string& column, const std::string& value) {
    const auto of_type = [&](const char* condition) { return fmt::format(fmt::runtime(condition), column); };
    Cell text{CellType::text}, bytes{CellType::blob};
    text.bytes = bytes.bytes = value;
    passes.push_back({of_type("{0} = ?2 AND typeof({0}) = 'text'"), {text}});
    passes.push_back({of_type("{0} = ?2 AND typeof({0}) = 'blob'"), {bytes}});
    if (const auto numbers = numbers_written_as(value))
        passes.push_back({of_type("{0} BETWEEN ?2 AND ?3 AND typeof({0}) IN ('integer', 'real')"),
                          {numbers->least, numbers->greatest}});
    passes.push_back({column + " IS NULL", {}}); // the key may tell it, or it makes no difference
}

} // namespace

std::vector<RowPass> passes_of(const Selection* selection, const EntryTable& table) {
    std::vector<RowPass> all{{"", {}}};
    if (selection == nullptr || selection->choices().size() != 1 || selection->raw()) return all;
    const layout::Choice& choice = selection->choices().front();
    std::vector<RowPass> passes;
    for (const layout::Condition& condition : choice.where) {
        const std::string column = table.indexed_column(condition.segment);
        if (column.empty() || condition.value.glob) continue;
        add_equal(passes, column, condition.value.text);
        return passes;
    }
    const std::string column = table.indexed_resource();
    if (choice.resources.size() != 1 || choice.resources.front().glob || column.empty()) return all;
    add_equal(passes, column, choice.resources.front().text);
    return passes;
}

std::vector<EntryTable::Need> needs_of(const Selection* selection, const EntryTable& table) {
    std::vector<EntryTable::Need> needs;
    if (selection == nullptr || selection->choices().size() != 1 || selection->raw()) return needs;
    for (const layout::Condition& condition : selection->choices().front().where)
        if (const auto need = table.need(condition.segment, condition.value.text);
            need && !condition.value.glob)
            needs.push_back(*need);
    return needs;
}

} // namespace roacache::store::sqlite
