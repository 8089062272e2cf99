#include "src/store/redis/endless_scan.hpp"

#include "src/store/redis/cursor.hpp"

#include <algorithm>

namespace roacache::store::redis {

void EndlessScan::see(std::string_view cursor, std::size_t size) {
    asked_ += size;
    const std::uint64_t place = place_of(cursor).value_or(0);
    rises_ &= place > place_;
    place_ = place;
    if (cursor == remembered_) ++repeats_;
    if (++since_ < window_) return;
    remembered_ = cursor;
    window_ *= 2;
    since_ = 0;
    repeats_ = 0;
}

bool EndlessScan::exceeds(std::uint64_t keys) const {
    constexpr std::uint64_t k_counts_a_key = 32;
    constexpr std::uint64_t k_most_keys = std::uint64_t{1} << 36;
    constexpr std::uint64_t k_empty_table = std::uint64_t{1} << 26;
    constexpr std::uint64_t k_least = std::uint64_t{1} << 16;
    return asked_ > k_counts_a_key * std::min(keys, k_most_keys) + (rises_ ? k_empty_table : k_least);
}

} // namespace roacache::store::redis
