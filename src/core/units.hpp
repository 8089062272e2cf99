#pragma once

#include "src/core/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::core {

/// `250ms 5s 10m 1h 2d`, also `1.5s` and `100us`. A bare number is refused, but `0` is allowed.
/// Throws Error(usage) naming `what` (an option or setting) for anything else, for negatives and for more
/// than 1,000 days.
Nanoseconds parse_duration(std::string_view text, std::string_view what);

/// `512 10KB 1MiB`: KB, MB, GB, TB are powers of 1000; KiB, MiB, GiB, TiB of 1024; case does not matter.
/// Throws Error(usage) naming `what` for anything else and for what does not fit.
std::uint64_t parse_size(std::string_view text, std::string_view what);

/// A whole decimal number in [low, high]. Throws Error(usage) naming `what` otherwise.
std::int64_t parse_integer(std::string_view text, std::string_view what, std::int64_t low, std::int64_t high);

/// The whole text as a finite decimal number, `500`, `0.5` or `1e3`; nothing for anything else.
std::optional<double> read_number(std::string_view text);

/// Three significant digits with the unit that suits: `87 ns`, `1.25 ms`, `12.3 s`, `4 min 5 s`.
std::string format_duration(Nanoseconds duration);

/// Three significant digits with the binary unit that suits: `512 B`, `1.50 KiB`, `20.3 MiB`.
std::string format_size(std::uint64_t bytes);

/// Thousands set apart by commas: `1,234,567`.
std::string format_count(std::uint64_t count);

/// Nanoseconds as milliseconds, the unit of every duration in JSON.
inline double to_ms(double nanoseconds) {
    return nanoseconds / 1e6;
}

} // namespace roacache::core
