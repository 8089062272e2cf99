#include "src/core/units.hpp"

#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/secret.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <fmt/core.h>

namespace roacache::core {
namespace {

struct Unit {
    std::string_view name;
    double factor;
};

constexpr std::array<Unit, 7> k_duration_units{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}}};

constexpr std::array<Unit, 10> k_size_units{{{"", 1},
                                             {"b", 1},
                                             {"kb", 1e3},
                                             {"mb", 1e6},
                                             {"gb", 1e9},
                                             {"tb", 1e12},
                                             {"kib", 1024.0},
                                             {"mib", 1048576.0},
                                             {"gib", 1073741824.0},
                                             {"tib", 1099511627776.0}}};

struct Quantity {
    double number;
    std::string unit; // lower case
};

/// A plain decimal number (no sign, no exponent) and the letters behind it.
std::optional<Quantity> split_quantity(std::string_view text) {
    const std::size_t digits = text.find_first_not_of("0123456789.");
    const std::string_view number = text.substr(0, digits);
    const std::optional<double> value = read_number(number);
    if (!value) return {};
    return Quantity{*value, to_lower(text.substr(number.size()))};
}

template <std::size_t N>
std::optional<double> scaled(const Quantity& quantity, const std::array<Unit, N>& units) {
    for (const Unit& unit : units)
        if (unit.name == quantity.unit) return quantity.number * unit.factor;
    return {};
}

/// Three significant digits, never in exponent form for the ranges used here.
std::string three_digits(double value) {
    if (value >= 99.95) return fmt::format("{:.0f}", value);
    if (value >= 9.995) return fmt::format("{:.1f}", value);
    return fmt::format("{:.2f}", value);
}

} // namespace

std::optional<double> read_number(std::string_view text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end || !std::isfinite(number)) return {};
    return number;
}

Nanoseconds parse_duration(std::string_view text, std::string_view what) {
    constexpr double k_longest = 1000.0 * 86400e9;
    if (text == "0") return Nanoseconds{0};
    const auto quantity = split_quantity(text);
    const auto value = quantity ? scaled(*quantity, k_duration_units) : std::nullopt;
    if (!value || *value > k_longest)
        throw Error(ExitCode::usage, fmt::format("{}: '{}': not a duration", what, redacted_value(text)),
                    "Write a number with its unit: 250ms, 5s, 10m or 1h.");
    return Nanoseconds{std::llround(*value)};
}

std::uint64_t parse_size(std::string_view text, std::string_view what) {
    constexpr double k_largest = 9.2e18;
    const auto quantity = split_quantity(text);
    const auto value = quantity ? scaled(*quantity, k_size_units) : std::nullopt;
    if (!value || *value > k_largest)
        throw Error(ExitCode::usage, fmt::format("{}: '{}': not a size", what, redacted_value(text)),
                    "Write bytes or a number with its unit: 512, 10KB or 1MiB.");
    return static_cast<std::uint64_t>(std::llround(*value));
}

std::int64_t parse_integer(std::string_view text, std::string_view what, std::int64_t low,
                           std::int64_t high) {
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || value < low || value > high)
        throw Error(ExitCode::usage, fmt::format("{}: '{}': not a whole number from {} to {}", what,
                                                 redacted_value(text), low, high));
    return value;
}

std::string format_duration(Nanoseconds duration) {
    const double ns = static_cast<double>(duration.count());
    const double size = std::abs(ns);
    if (size < 999.5) return fmt::format("{:.0f} ns", ns);
    const char* sign = ns < 0 ? "-" : "";
    if (size < 999.5e3) return sign + three_digits(size / 1e3) + " µs";
    if (size < 999.5e6) return sign + three_digits(size / 1e6) + " ms";
    if (size < 119.5e9) return sign + three_digits(size / 1e9) + " s";
    const auto seconds = std::llround(size / 1e9);
    if (seconds < 7200) return fmt::format("{}{} min {} s", sign, seconds / 60, seconds % 60);
    return fmt::format("{}{} h {} min", sign, seconds / 3600, seconds / 60 % 60);
}

std::string format_size(std::uint64_t bytes) {
    if (bytes < 1024) return fmt::format("{} B", bytes);
    constexpr std::array<const char*, 6> k_names{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1023.5 && unit + 1 < k_names.size()) {
        value /= 1024;
        ++unit;
    }
    return three_digits(value) + " " + k_names[unit];
}

std::string format_count(std::uint64_t count) {
    std::string text = std::to_string(count);
    for (std::size_t at = text.size(); at > 3; at -= 3)
        text.insert(at - 3, ",");
    return text;
}

} // namespace roacache::core
