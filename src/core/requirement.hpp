#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::core {

/// What has to hold of a figure: `QUANTITY OP THRESHOLD`, such as `hit_rate >= 85%`, `cached.p99 <= 20ms`,
/// `memory <= 10GB`, `errors == 0`. Blanks between the parts may be left out.
struct Requirement {
    enum class Op : std::uint8_t { less, less_equal, equal, not_equal, greater_equal, greater };
    enum class Unit : std::uint8_t { fraction, nanoseconds, bytes, number };
    std::string expr; ///< as the user wrote it
    std::string quantity;
    Op op = Op::equal;
    Unit unit = Unit::number;
    double threshold = 0; ///< fraction for percentages, nanoseconds for durations, else the plain number

    bool holds(double value) const;
};

/// `≥`, for people.
const char* sign_of(Requirement::Op op);

/// How the threshold of a quantity is written: a fraction as `60%` or 0.6, a duration and a size with their
/// units, else a plain number.
struct QuantityKind {
    Requirement::Unit unit = Requirement::Unit::number;
    bool exact = false;             ///< counted: may be asked for with == and !=, a number is a whole one
    double least = 0, greatest = 1; ///< thresholds of fractions; with a least below 0 sizes may be negative
    bool factor = false;            ///< a fraction that people write as a plain number
};

/// Nothing where there is no quantity of that name.
using KindOfQuantity = std::function<std::optional<QuantityKind>(std::string_view quantity)>;

/// Throws Error(usage) `bad WHAT: EXPR: WHY`; `quantities`, which lists them, is the remedy where the
/// quantity is at fault.
Requirement parse_requirement(std::string_view expr, std::string_view what, const KindOfQuantity& kind_of,
                              const std::string& quantities);

/// The expression on one line of bounded length, for messages.
std::string shown_expression(std::string_view expr);

} // namespace roacache::core
