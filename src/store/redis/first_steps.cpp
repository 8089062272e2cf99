#include "src/store/redis/first_steps.hpp"

#include <algorithm>

namespace roacache::store::redis {

void FirstSteps::add(const std::string& cursor, const std::vector<FoundKey>& keys) {
    cursors_.insert(cursor);
    for (const FoundKey& key : keys)
        found_.insert(key.bytes());
}

std::size_t longest_step(std::uint64_t place, std::uint64_t end, unsigned bits) {
    constexpr std::uint64_t k_buckets_a_count = 10;
    if (place >= end) return 1;
    return std::max<std::size_t>(((end - place) >> (64U - bits)) / k_buckets_a_count, 1);
}

} // namespace roacache::store::redis
