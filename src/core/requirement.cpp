#include "src/core/requirement.hpp"

#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/core.h>

namespace roacache::core {
namespace {

using Op = Requirement::Op;

/// An expression that is being read, and what messages call it.
struct Expression {
    std::string_view text, what;

    [[noreturn]] void fail(const std::string& why, const std::string& remedy) const {
        throw Error(ExitCode::usage, fmt::format("bad {}: {}: {}", what, shown_expression(text), why),
                    remedy);
    }
};

struct Operator {
    std::string_view text;
    Op op;
};
constexpr std::array<Operator, 6> k_operators{{{"<=", Op::less_equal},
                                               {">=", Op::greater_equal},
                                               {"==", Op::equal},
                                               {"!=", Op::not_equal},
                                               {"<", Op::less},
                                               {">", Op::greater}}};

/// A finite decimal number with an optional minus; nothing for anything else.
std::optional<double> plain_number(std::string_view text) {
    double value = 0;
    const auto parsed =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return {};
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

double parse_fraction(const Expression& expr, std::string_view text, const QuantityKind& kind) {
    const bool percent = text.ends_with('%');
    const auto number = plain_number(trimmed(percent ? text.substr(0, text.size() - 1) : text));
    if (!number) expr.fail(fmt::format("'{}' is no percentage", shown_expression(text)), "Write 60% or 0.6.");
    const double value = percent ? *number / 100 : *number;
    if (value > kind.greatest)
        expr.fail(
            fmt::format("{} is never above 100 %", expr.text.substr(0, expr.text.find_first_of("<>=! \t"))),
            percent ? "" : fmt::format("A number without % is a fraction: write {}%.", text));
    if (value < kind.least && kind.factor) expr.fail("a ratio is never below 0", "Write 0.4, or 40%.");
    if (value < kind.least) expr.fail("a rate is never below 0 %", "");
    return value;
}

/// Of a number with its unit, which blanks may set apart.
template <typename Parse>
double parse_with_unit(const Expression& expr, std::string_view text, const char* what, Parse parse) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string joined =
        std::string(text.substr(0, digits)) + std::string(trimmed(text.substr(digits)));
    try {
        return static_cast<double>(parse(joined));
    } catch (const Error& error) {
        expr.fail(fmt::format("'{}' is no {}", shown_expression(text), what), error.remedy());
    }
}

/// `200MB`, and for what shrinks `-10MB`.
double parse_bytes(const Expression& expr, std::string_view text, const QuantityKind& kind) {
    const bool negative = kind.least < 0 && text.starts_with('-');
    const double bytes =
        parse_with_unit(expr, negative ? text.substr(1) : text, "size",
                        [](const std::string& written) { return parse_size(written, "threshold"); });
    return negative ? -bytes : bytes;
}

double parse_number(const Expression& expr, std::string_view text, const QuantityKind& kind) {
    const auto number = plain_number(text);
    if (!number || *number < 0)
        expr.fail(fmt::format("'{}' is no number", shown_expression(text)),
                  "Write a plain number, such as 0 or 1000.");
    if (kind.exact && *number != std::floor(*number))
        expr.fail(fmt::format("'{}' is no whole number", shown_expression(text)), "");
    return *number;
}

double parse_threshold(const Expression& expr, std::string_view text, const QuantityKind& kind) {
    if (text.empty())
        expr.fail("the threshold is missing", "Write QUANTITY OP THRESHOLD, such as hit_rate >= 90%.");
    switch (kind.unit) {
    case Requirement::Unit::fraction:
        return parse_fraction(expr, text, kind);
    case Requirement::Unit::nanoseconds:
        return parse_with_unit(expr, text, "duration", [](const std::string& written) {
            return parse_duration(written, "threshold").count();
        });
    case Requirement::Unit::bytes:
        return parse_bytes(expr, text, kind);
    case Requirement::Unit::number:
        break;
    }
    return parse_number(expr, text, kind);
}

/// The operator that `rest` begins with, and how long it is.
Operator read_operator(const Expression& expr, std::string_view rest) {
    const auto* const found = std::find_if(k_operators.begin(), k_operators.end(),
                                           [&](const Operator& one) { return rest.starts_with(one.text); });
    const std::size_t length = std::min(rest.find_first_not_of("<>=!"), rest.size());
    if (found == k_operators.end() || found->text.size() != length)
        expr.fail(fmt::format("no such operator: {}", shown_expression(rest.substr(0, length))),
                  "Operators: >= > <= < == !=.");
    return *found;
}

} // namespace

std::string shown_expression(std::string_view expr) {
    constexpr std::size_t k_longest = 100;
    std::string text(expr.substr(0, k_longest));
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    if (expr.size() > k_longest) text += "...";
    return text;
}

bool Requirement::holds(double value) const {
    switch (op) {
    case Op::less:
        return value < threshold;
    case Op::less_equal:
        return value <= threshold;
    case Op::equal:
        return value == threshold;
    case Op::not_equal:
        return value != threshold;
    case Op::greater_equal:
        return value >= threshold;
    case Op::greater:
        break;
    }
    return value > threshold;
}

const char* sign_of(Op op) {
    switch (op) {
    case Op::less:
        return "<";
    case Op::less_equal:
        return "≤";
    case Op::equal:
        return "=";
    case Op::not_equal:
        return "≠";
    case Op::greater_equal:
        return "≥";
    case Op::greater:
        break;
    }
    return ">";
}

Requirement parse_requirement(std::string_view text, std::string_view what, const KindOfQuantity& kind_of,
                              const std::string& quantities) {
    const Expression expr{trimmed(text), what};
    const std::size_t at = expr.text.find_first_of("<>=!");
    const std::string_view quantity = trimmed(expr.text.substr(0, at));
    if (quantity.empty()) expr.fail("the quantity is missing", quantities);
    const auto kind = kind_of(quantity);
    if (!kind) expr.fail(fmt::format("no such quantity: {}", shown_expression(quantity)), quantities);
    if (at == std::string_view::npos)
        expr.fail("an operator is missing", "One of >= > <= < == !=, then the threshold.");

    Requirement requirement;
    requirement.expr = expr.text;
    requirement.quantity = quantity;
    requirement.unit = kind->unit;
    const std::string_view rest = expr.text.substr(at);
    const Operator found = read_operator(expr, rest);
    requirement.op = found.op;
    if (!kind->exact && (found.op == Op::equal || found.op == Op::not_equal))
        expr.fail("what is measured is never exactly equal", "Use >= or <=.");
    requirement.threshold = parse_threshold(expr, trimmed(rest.substr(found.text.size())), *kind);
    return requirement;
}

} // namespace roacache::core
