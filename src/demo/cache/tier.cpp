#include "src/demo/cache/tier.hpp"

namespace roacache::demo {

TimeSource steady_time() {
    return [] {
        return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
    };
}

TimeSource unix_time() {
    return [] {
        return std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    };
}

} // namespace roacache::demo
