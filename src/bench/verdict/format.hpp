#pragma once

#include <string>

namespace roacache::bench {

/// `12.3 MB`, `-1 KB`.
std::string format_bytes(double bytes);

/// A fraction as percent for people: one decimal, and as many more (three at most) as it takes to distinguish
/// it from 0 or 100: `45.2 %`, `99.97 %`, `100 %`.
std::string format_percent(double fraction);

/// Both ends with the same decimals and the unit once: `93.1 … 95.0 %`.
std::string format_percent_range(double low, double high);

/// How far apart two figures are of which one is the other times `factor`, which is at least 1: `7.1 %`; from
/// 2 on `a factor of 5.05`.
std::string format_apart(double factor);

/// Nanoseconds: core::format_duration, rounded to what can be said.
std::string format_ns(double ns);
std::string format_ns_range(double low, double high); ///< `11.9 ms … 12.8 ms`

/// A plain number: whole ones with thousands set apart, others with three significant digits.
std::string format_number(double number);
std::string format_number_range(double low, double high);

/// A number with no more digits than an interval from `low` to `high` bears: to the place of the first digit
/// of half its width (as GUM 7.2.6 rounds to the uncertainty), but with its own first digit, and at most
/// `decimals`.
std::string format_within(double number, double low, double high, int decimals);
/// A fraction as percent, so rounded.
std::string format_percent_within(double fraction, double low, double high);

} // namespace roacache::bench
