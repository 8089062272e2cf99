#include "src/bench/load/origin_watcher.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <limits>

namespace roacache::bench {

OriginWatcher::OriginWatcher(OriginCounter& counter, bool quiet) : counter_(counter), quiet_(quiet) {
    constexpr int k_readings = 3;
    std::uint64_t own = std::numeric_limits<std::uint64_t>::max();
    auto last = counter_.read();
    for (int i = 0; i < k_readings && last; ++i) {
        const auto now = counter_.read();
        if (!now) return;
        own = std::min(own, *now - std::min(*now, *last));
        last = now;
    }
    if (last) watch_.own = own;
}

std::optional<std::uint64_t> OriginWatcher::read() {
    if (!watch_.failure.empty()) return {};
    try {
        return counter_.read();
    } catch (const core::Error& error) {
        watch_.failure = error.what();
        return {};
    }
}

std::optional<std::uint64_t> OriginWatcher::since(std::optional<std::uint64_t> before,
                                                  std::optional<std::uint64_t> now) {
    if (!before || !now) return {};
    if (*now < *before) {
        watch_.failure = "the origin's counter went back during the run, as if it had begun anew";
        return {};
    }
    return *now - *before - std::min(watch_.own, *now - *before);
}

void OriginWatcher::begin() {
    before_ = read();
    const auto moved = since(last_, before_);
    if (moved && quiet_) watch_.between += *moved;
    if (!watch_.failure.empty()) before_.reset();
}

std::optional<std::uint64_t> OriginWatcher::end() {
    last_ = read();
    return since(before_, last_);
}

} // namespace roacache::bench
