#include "src/core/clock.hpp"

#include <algorithm>
#include <ctime>
#include <limits>

namespace roacache::core {

std::optional<Nanoseconds> Deadline::left() const {
    if (at_ == Clock::time_point::max()) return {};
    return std::max(Nanoseconds(at_ - Clock::now()), Nanoseconds(0));
}

int Deadline::poll_ms() const {
    if (at_ == Clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

std::string utc_timestamp(std::chrono::system_clock::time_point at) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text, length};
}

} // namespace roacache::core
