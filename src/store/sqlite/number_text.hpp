#pragma once

#include "src/store/sqlite/database.hpp"

#include <optional>
#include <string_view>

namespace roacache::store::sqlite {

/// The numbers that SQLite writes as one text: it rounds, so that several may be alike.
struct NumbersOfText {
    Cell least, greatest; ///< both integers, or both reals; others lie between them too
};

/// Absent where the text is no number.
std::optional<NumbersOfText> numbers_written_as(std::string_view text);

} // namespace roacache::store::sqlite
