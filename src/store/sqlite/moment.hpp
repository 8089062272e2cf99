#pragma once

#include "src/store/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::store::sqlite {

/// What a text that names no zone is in: UTC, as SQLite's own functions have it, or what the clocks of this
/// machine show, as datetime.now() of Python.
enum class NoZone { utc, local };

/// How a column writes moments. A number is seconds, milliseconds or microseconds since 1970 by its size: up
/// to 10¹¹ (the year 5138), up to 10¹⁴, or beyond. A text is ISO 8601: a date, `T` or a blank, a time with or
/// without a fraction, and `Z`, an offset or nothing.
struct Moment {
    std::int64_t ms = 0; ///< since 1970

    /// Absent for NULL and for what is no moment.
    static std::optional<Moment> read(const Statement& row, int column, NoZone no_zone);
    static std::optional<Moment> of_number(double number);
    static std::optional<Moment> of_text(std::string_view text, NoZone no_zone = NoZone::utc);
};

/// The clock that entries expire by, in milliseconds since 1970.
std::int64_t now_ms();

/// Whether it is a moment's text that names no zone.
bool names_no_zone(std::string_view text);

/// How far the clocks of this machine are ahead of UTC at a moment.
std::int64_t local_offset_ms(Moment at);

/// How a column writes a moment, as seen in one of its cells.
class MomentForm {
  public:
    /// Of a cell that Moment reads.
    MomentForm(const Statement& row, int column, NoZone no_zone);

    /// The same unit, the same shape of text; rounded down where that is coarser than a millisecond.
    void bind(Statement& statement, int parameter, Moment moment) const;

  private:
    CellType type_;
    NoZone no_zone_;
    double number_ = 0;
    std::string text_;
};

/// The text in the shape of `like`, which of_text() reads.
std::string text_like(Moment moment, std::string_view like, NoZone no_zone = NoZone::utc);

} // namespace roacache::store::sqlite
