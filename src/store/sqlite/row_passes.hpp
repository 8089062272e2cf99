#pragma once

#include "src/store/selection.hpp"
#include "src/store/sqlite/database.hpp"
#include "src/store/sqlite/entry_table.hpp"

#include <string>
#include <vector>

namespace roacache::store::sqlite {

/// A condition that an index answers. Rows that fit none of a walk's are not meant.
struct RowPass {
    std::string condition;    ///< empty: every row
    std::vector<Cell> values; ///< of its parameters from ?2 on
};

/// The passes in which a walk reads the rows that a selection may mean, none in two of them: by an index
/// where the selection names one value of a column that has one, else all rows in one. Whether a row is meant
/// is for the selection to say.
std::vector<RowPass> passes_of(const Selection* selection, const EntryTable& table);

/// What a row needs to be meant at all, for a quick look before it is taken apart; it may not suffice.
std::vector<EntryTable::Need> needs_of(const Selection* selection, const EntryTable& table);

} // namespace roacache::store::sqlite
