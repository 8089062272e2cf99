#include "src/store/redis/batch.hpp"

#include "src/store/redis/topology/slots.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace roacache::store::redis {

void move_round(std::vector<FoundKey>& from, std::vector<FoundKey>& to, std::size_t most) {
    std::size_t bytes = 0, keys = 0;
    auto end = from.begin();
    for (; end != from.end() && keys < most; ++end, ++keys) {
        bytes += end->bytes().size();
        if (bytes > k_most_bytes_together && end != from.begin()) break;
    }
    if (end == from.end()) {
        to = std::exchange(from, {});
        return;
    }
    to.assign(std::make_move_iterator(from.begin()), std::make_move_iterator(end));
    from.erase(from.begin(), end);
}

std::vector<std::size_t> sort_by_group(const std::function<std::size_t(const FoundKey&)>& group,
                                       std::vector<FoundKey>& keys, bool by_slot) {
    if (!group && !by_slot) return std::vector<std::size_t>(keys.size(), 0);
    std::vector<std::tuple<std::size_t, std::size_t, std::size_t>> order; // group, slot and place
    order.reserve(keys.size());
    for (std::size_t at = 0; at < keys.size(); ++at)
        order.emplace_back(group ? group(keys[at]) : 0, by_slot ? slot_of(keys[at].bytes()) : 0, at);
    std::sort(order.begin(), order.end());
    std::vector<FoundKey> sorted;
    std::vector<std::size_t> groups;
    sorted.reserve(keys.size());
    groups.reserve(keys.size());
    for (const auto& [number, slot, at] : order) {
        sorted.push_back(std::move(keys[at]));
        groups.push_back(number);
    }
    keys = std::move(sorted);
    return groups;
}

std::vector<Batch> batches_of(const std::vector<FoundKey>& keys, const std::vector<std::size_t>& groups,
                              std::size_t most_keys, bool by_slot) {
    std::vector<Batch> batches;
    std::size_t bytes = 0; // of the last
    std::size_t slot = 0;
    for (std::size_t at = 0; at < keys.size(); ++at) {
        const std::size_t size = keys[at].bytes().size();
        bytes += size;
        const std::size_t slot_before = slot;
        if (by_slot) slot = slot_of(keys[at].bytes());
        if (batches.empty() || batches.back().size == most_keys || bytes > k_most_bytes_together ||
            batches.back().group != groups[at] || slot != slot_before) {
            batches.push_back({at, 0, groups[at]});
            bytes = size;
        }
        ++batches.back().size;
    }
    return batches;
}

} // namespace roacache::store::redis
