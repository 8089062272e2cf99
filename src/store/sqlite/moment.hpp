#pragma once

#include "src/store/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::store::sqlite {

/// How a column writes moments. A number is seconds, milliseconds or microseconds since 1970 by its size: up
/// to 10¹¹ (the year 5138), up to 10¹⁴, or beyond. A text is ISO 8601: a date, `T` or a blank, a time with or
/// without a fraction, and `Z`, an offset or nothing (then it is UTC, as SQLite's own functions take it).
struct Moment {
    std::int64_t ms = 0; ///< since 1970

    /// Absent for NULL and for what is no moment.
    static std::optional<Moment> read(const Statement& row, int column);
    static std::optional<Moment> of_number(double number);
    static std::optional<Moment> of_text(std::string_view text);
};

/// How a column writes a moment, as seen in one of its cells.
class MomentForm {
  public:
    /// Of a cell that Moment reads.
    MomentForm(const Statement& row, int column);

    /// The same unit, the same shape of text; rounded down where that is coarser than a millisecond.
    void bind(Statement& statement, int parameter, Moment moment) const;

  private:
    CellType type_;
    double number_ = 0;
    std::string text_;
};

/// The text in the shape of `like`, which of_text() reads.
std::string text_like(Moment moment, std::string_view like);

} // namespace roacache::store::sqlite
