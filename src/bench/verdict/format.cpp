#include "src/bench/verdict/format.hpp"

#include "src/core/units.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace roacache::bench {
namespace {

/// Decimals that distinguish a percentage from 0 and from 100.
int decimals_of(double percent) {
    constexpr double k_exact = 1e-9;
    const double distance = std::min(std::abs(percent), std::abs(100 - percent));
    if (distance < k_exact) return 0;
    if (distance >= 1 - k_exact) return 1;
    return distance >= 0.1 - k_exact ? 2 : 3;
}

std::string with_decimals(double percent, int decimals) {
    return fmt::format("{:.{}f}", percent, decimals_of(percent) == 0 ? 0 : decimals);
}

} // namespace

std::string format_percent(double fraction) {
    return with_decimals(100 * fraction, decimals_of(100 * fraction)) + " %";
}

std::string format_percent_range(double low, double high) {
    const int decimals = std::max(decimals_of(100 * low), decimals_of(100 * high));
    return fmt::format("{} … {} %", with_decimals(100 * low, decimals), with_decimals(100 * high, decimals));
}

std::string format_apart(double factor) {
    return factor < 2 ? format_percent(factor - 1) : "a factor of " + format_number(factor);
}

std::string format_ns(double ns) {
    return core::format_duration(core::Nanoseconds{std::llround(ns)});
}

std::string format_ns_range(double low, double high) {
    return format_ns(low) + " … " + format_ns(high);
}

std::string format_number(double number) {
    const double size = std::abs(number);
    if (size >= 999.5 || size == std::floor(size)) {
        const std::string text = core::format_count(static_cast<std::uint64_t>(std::llround(size)));
        return number < 0 ? "-" + text : text;
    }
    return fmt::format("{:.{}f}", number, size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3);
}

std::string format_number_range(double low, double high) {
    return format_number(low) + " … " + format_number(high);
}

std::string format_within(double number, double low, double high, int decimals) {
    const auto place_of = [](double of) { return static_cast<int>(std::floor(std::log10(of))); };
    const double half = std::abs(high - low) / 2, size = std::abs(number);
    int place = -decimals;
    if (std::isfinite(half) && half > 0) place = std::max(place, place_of(half));
    if (size > 0) place = std::min(place, std::max(place_of(size), -decimals));
    if (place <= 0) return fmt::format("{:.{}f}", number, -place);
    const double unit = std::pow(10, place);
    return format_number(std::round(number / unit) * unit);
}

std::string format_percent_within(double fraction, double low, double high) {
    return format_within(100 * fraction, 100 * low, 100 * high, decimals_of(100 * fraction)) + " %";
}

std::string format_bytes(double bytes) {
    const std::string size = core::format_size(static_cast<std::uint64_t>(std::abs(bytes)));
    return bytes < 0 ? "-" + size : size;
}

} // namespace roacache::bench
