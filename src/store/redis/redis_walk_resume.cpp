// What a walk does when its connection is lost.

#include "src/store/redis/redis_walk.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace roacache::store::redis {

/// Goes on over a new connection. The steps that were under way are asked for again, and so is what is looked
/// up of keys. Keys that were to be changed are not sent again: where the answer did not come they stay
/// uncertain.
void RedisWalk::resume(Page& page) {
    const bool received_in_part = !under_way_.empty() && under_way_.front()->received_in_part;
    if (received_in_part && !changes_) under_way_.front()->sent = std::exchange(page, {}).keys;
    for (Lane* lane : under_way_) {
        lane->unconfirmed |= changes_ && (!lane->sent.empty() || lane->received_in_part);
        lane->under_way = lane->received_in_part = false;
        if (!changes_)
            lane->found.insert(lane->found.begin(), std::make_move_iterator(lane->sent.begin()),
                               std::make_move_iterator(lane->sent.end()));
        lane->sent.clear();
        take_elsewhere(*lane);
        take_again(*lane);
    }
    under_way_.clear();
    connection_.forget_appended();
    server_.resume();
}

std::unordered_set<std::string> RedisWalk::take_unanswered() {
    for (Lane& lane : lanes_) {
        take_elsewhere(lane);
        take_again(lane);
        for (const FoundKey& key : lane.found)
            found_.erase(key.bytes());
    }
    return std::exchange(found_, {});
}

/// Whether nothing was answered since the connection was lost before: neither a whole round nor keys that
/// were to be changed, which are not sent twice.
bool RedisWalk::lost_without_answer() {
    const std::uint64_t answered = tally_.sent - tally_.uncertain;
    const bool none = lost_at_ == answered;
    lost_at_ = answered;
    return none;
}

/// Steps of fewer keys, and fewer keys of a step at once; false when there was none that can be shorter.
/// `page` has the keys of the round that was being received.
bool RedisWalk::shorten_rounds(const Page& page) {
    constexpr std::size_t k_part = 4;
    bool scanned = false;
    std::size_t keys = changes_ ? 0 : page.keys.size();
    for (const Lane* lane : under_way_) {
        scanned |= lane->scans;
        if (!changes_) keys = std::max(keys, lane->sent.size());
    }
    if (keys > 1) most_in_round_ = std::min(most_in_round_, std::max<std::size_t>(keys / k_part, 1));
    return (scanned && pace_.shorten()) || keys > 1;
}

} // namespace roacache::store::redis
