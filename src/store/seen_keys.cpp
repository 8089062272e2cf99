#include "src/store/seen_keys.hpp"

#include "src/core/mixed.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace roacache::store {

bool SeenKeys::is_new(std::string_view key) {
    const std::uint64_t hash = core::mixed(std::hash<std::string_view>{}(key));
    return insert(hash == 0 ? 1 : hash);
}

bool SeenKeys::insert(std::uint64_t hash) {
    if (2 * (count_ + 1) > places_.size() && count_ < most_) grow();
    for (std::size_t at = hash;; ++at) {
        std::uint64_t& place = places_[at & (places_.size() - 1)];
        if (place == hash) return false;
        if (place != 0) continue;
        full_ = full_ || count_ >= most_;
        if (count_ >= most_) return true;
        place = hash;
        ++count_;
        return true;
    }
}

void SeenKeys::grow() {
    constexpr std::size_t k_first = 1024;
    const std::vector<std::uint64_t> before =
        std::exchange(places_, std::vector<std::uint64_t>(std::max(k_first, 2 * places_.size())));
    count_ = 0;
    for (const std::uint64_t hash : before)
        if (hash != 0) insert(hash);
}

} // namespace roacache::store
