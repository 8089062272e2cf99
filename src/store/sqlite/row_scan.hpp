#pragma once

#include "src/core/clock.hpp"
#include "src/store/sqlite/entry_table.hpp"
#include "src/store/sqlite/row_passes.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace roacache::store::sqlite {

/// Reads the rows of a table in the order of their places, in steps: each is a statement that ends when it
/// has taken as long as nobody minds to wait, and so holds the file's lock no longer.
class RowScan {
  public:
    /// Database and table must outlive this. `values`: as of EntryTable::select().
    RowScan(Database& database, const EntryTable& table, bool values,
            std::vector<RowPass> passes = {{"", {}}});

    enum class Step {
        more,
        again, ///< nothing was read, for the rows have other places now: all of them come again
        end    ///< until the rows have other places
    };
    /// Is given each row that has a key; false ends the step behind it.
    using Take = std::function<bool(const Statement& row)>;
    /// Reads on for about `longest`, or for as long as it had to wait for the lock, up to three milliseconds:
    /// where a file is locked most of the time, steps are fewer.
    Step step(core::Nanoseconds longest, const Take& take);

    /// 0 to 1; absent when it is not known.
    std::optional<double> progress() const;
    /// Rows came again, or were added behind the last that was there when the scan began.
    bool grew() const { return grew_; }

  private:
    Statement& statement();
    bool was_numbered_anew();
    void begin_again();

    Database& database_;
    const EntryTable& table_;
    bool values_;
    std::vector<RowPass> passes_;
    std::size_t pass_ = 0;
    std::optional<EntryTable::Place> place_;        ///< absent: at the beginning of a pass
    std::optional<Statement> statement_;            ///< of the pass, from its beginning or from place_ on
    bool from_place_ = false;                       ///< which of both statement_ is
    std::int64_t first_rowid_ = 0, last_rowid_ = 0; ///< when the scan began
    std::optional<Statement> version_;
    std::int64_t schema_version_ = 0;
    bool began_ = false;
    bool grew_ = false;
};

} // namespace roacache::store::sqlite
