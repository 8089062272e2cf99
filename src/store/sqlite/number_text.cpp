#include "src/store/sqlite/number_text.hpp"

#include <charconv>
#include <cmath>

namespace roacache::store::sqlite {
namespace {

template <typename Number>
std::optional<Number> parsed(std::string_view text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stopped == end ? std::optional(number) : std::nullopt;
}

Cell integer_cell(std::int64_t integer) {
    Cell cell{CellType::integer};
    cell.integer = integer;
    return cell;
}

Cell real_cell(double real) {
    Cell cell{CellType::real};
    cell.real = real;
    return cell;
}

} // namespace

/// A real is written with 15 digits or more, and never looks like an integer.
std::optional<NumbersOfText> numbers_written_as(std::string_view text) {
    if (const auto integer = parsed<std::int64_t>(text))
        return NumbersOfText{integer_cell(*integer), integer_cell(*integer)};
    const auto real = parsed<double>(text);
    if (!real || std::isnan(*real)) return std::nullopt;
    const double around = std::isinf(*real) ? 0 : std::abs(*real) * 1e-14;
    return NumbersOfText{real_cell(*real - around), real_cell(*real + around)};
}

std::optional<std::int64_t> whole_number(double real) {
    constexpr double k_most = 9007199254740992; // 2^53
    if (!(std::abs(real) <= k_most) || std::floor(real) != real) return std::nullopt;
    return static_cast<std::int64_t>(real);
}

std::string naming_text(const Statement& row, int column) {
    const auto whole = row.type(column) == CellType::real ? whole_number(row.real(column)) : std::nullopt;
    return whole ? std::to_string(*whole) : std::string(row.text(column));
}

bool is_named(const Statement& row, int column, std::string_view text) {
    if (row.type(column) == CellType::real) return naming_text(row, column) == text;
    return row.text(column) == text;
}

} // namespace roacache::store::sqlite
