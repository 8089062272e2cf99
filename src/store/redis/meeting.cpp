#include "src/store/redis/meeting.hpp"

#include <algorithm>

namespace roacache::store::redis {

void Meeting::mark(const std::string& cursor, const std::vector<std::string>& keys) {
    trail_.insert(cursor);
    told_.insert(keys.begin(), keys.end());
}

std::size_t Meeting::longest_step(std::uint64_t place, unsigned bits) {
    constexpr std::uint64_t k_buckets_a_count = 10;
    if (place >= k_middle_place) return 1;
    const std::uint64_t buckets = (k_middle_place - place) >> (64U - bits);
    return std::max<std::size_t>(buckets / k_buckets_a_count, 1);
}

} // namespace roacache::store::redis
