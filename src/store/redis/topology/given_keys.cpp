#include "src/store/redis/topology/given_keys.hpp"

#include <algorithm>

namespace roacache::store::redis {

void GivenKeys::add(std::string_view key) {
    constexpr std::size_t k_most_bytes = std::size_t{20} << 20, k_bytes_a_key = 64; // when it is in the index
    forgot_ = forgot_ || bytes_ > k_most_bytes;
    if (forgot_) return;
    auto* const name = static_cast<char*>(names_.allocate(std::max<std::size_t>(key.size(), 1), 1));
    std::copy(key.begin(), key.end(), name);
    keys_.emplace_back(name, key.size());
    bytes_ += key.size() + k_bytes_a_key;
}

bool GivenKeys::contains(std::string_view key) {
    for (; indexed_ < keys_.size(); ++indexed_)
        index_.insert(keys_[indexed_]);
    return index_.contains(key);
}

} // namespace roacache::store::redis
