#include "src/core/long_duration.hpp"

#include "src/core/units.hpp"

#include <fmt/format.h>

namespace roacache::core {

std::string format_long_duration(std::chrono::milliseconds duration) {
    constexpr auto k_longest = std::chrono::duration_cast<std::chrono::milliseconds>(Nanoseconds::max());
    if (duration <= k_longest && duration >= -k_longest) return format_duration(Nanoseconds(duration));
    return format_long_duration(std::chrono::floor<std::chrono::seconds>(duration));
}

std::string format_long_duration(std::chrono::seconds duration) {
    constexpr auto k_longest = std::chrono::duration_cast<std::chrono::seconds>(Nanoseconds::max());
    if (duration <= k_longest && duration >= -k_longest) return format_duration(Nanoseconds(duration));
    const auto days = std::chrono::floor<std::chrono::days>(duration).count();
    return fmt::format("{}{} days", days < 0 ? "-" : "",
                       format_count(static_cast<std::uint64_t>(days < 0 ? -days : days)));
}

} // namespace roacache::core
