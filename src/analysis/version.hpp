#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace roacache::analysis {

/// Major and minor version of `7.0.15`; nothing for what has none.
inline std::optional<std::pair<int, int>> version_numbers(std::string_view version) {
    std::pair<int, int> numbers;
    const char* const end = version.data() + version.size();
    const auto major = std::from_chars(version.data(), end, numbers.first);
    if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
    const auto minor = std::from_chars(major.ptr + 1, end, numbers.second);
    return minor.ec == std::errc() ? std::optional(numbers) : std::nullopt;
}

/// Whether a version is not older than a series such as `7.2`; false where it is not known.
inline bool is_at_least(std::string_view version, std::string_view series) {
    const auto numbers = version_numbers(version);
    return numbers && numbers >= version_numbers(series);
}

} // namespace roacache::analysis
