#pragma once

#include "src/store/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::store::sqlite {

/// The numbers that SQLite writes as one text: it rounds, so that several may be alike.
struct NumbersOfText {
    Cell least, greatest; ///< both integers, or both reals; others lie between them too
};

/// Absent where the text is no number.
std::optional<NumbersOfText> numbers_written_as(std::string_view text);

/// The integer that a real is, if it is one and can tell it from the next.
std::optional<std::int64_t> whole_number(double real);

/// The text that names what stands in a cell, as a company's number: 5 where a column of reals has 5.0, as
/// pandas makes them of integers.
std::string naming_text(const Statement& row, int column);
/// Whether it is this text.
bool is_named(const Statement& row, int column, std::string_view text);

} // namespace roacache::store::sqlite
