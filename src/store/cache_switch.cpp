#include "src/store/cache_switch.hpp"

#include <exception>

namespace roacache::store {

void SwitchGuard::restore() {
    const std::unique_ptr<CacheSwitch> guarded = std::move(switch_);
    if (!guarded) return;
    try {
        guarded->restore();
    } catch (const std::exception& error) {
        failed_(guarded->was_on() ? "on" : "off", error.what());
    }
}

} // namespace roacache::store
