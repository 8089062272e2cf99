#pragma once

#include "commands/follow/rows.hpp"
#include "commands/keys/selectors.hpp"

#include <map>
#include <string>
#include <vector>

namespace roacache::commands::follow {

/// The columns of a row that the selectors name, as text; empty where they name none.
using RowValue = std::vector<std::string>;

/// All other columns of all rows with a value: an array of rows, sorted, each an array of cells. Null: there
/// is no row with that value.
using Watermark = nlohmann::json;

/// Selectors in whose values `{N}` stands for the N-th column of a row, counted from 1.
class RowSelectors {
  public:
    /// Throws core::Error(usage) for `{N}` where the name of a segment or an event is wanted, and for keys
    /// from standard input, which can be read only once.
    explicit RowSelectors(SelectorOptions typed);

    const SelectorOptions& typed() const { return typed_; }
    /// The columns that are named, ascending.
    const std::vector<std::size_t>& columns() const { return columns_; }
    /// With the value in their place.
    SelectorOptions with(const RowValue& value) const;
    /// Whether columns are named in events alone, so that the selectors can mean several values at once.
    bool only_events_vary() const { return !columns_.empty() && !others_vary_; }
    /// With the events of all these values, in their order; only where only_events_vary().
    SelectorOptions with_all(const std::vector<RowValue>& values) const;

  private:
    void look_for_columns(const std::string& text);

    SelectorOptions typed_;
    std::vector<std::size_t> columns_;
    bool others_vary_ = false; ///< columns are named elsewhere than in events
};

/// An answer by its values.
struct Watermarks {
    std::map<RowValue, Watermark> values;
    std::vector<std::string> refused; ///< what cannot be a value, and why, a sentence each
};

/// Throws core::Error(usage) for an answer without the columns that are named, or without any other.
Watermarks watermarks_of(const Answer& answer, const RowSelectors& selectors);

/// As people read it: the cell alone where it is one row of one column, the row where it is one.
nlohmann::json shown(const Watermark& watermark);

} // namespace roacache::commands::follow
