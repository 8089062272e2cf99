// Where a walk that changes keys has come to, and where it goes on from.

#include "src/store/redis/redis_walk.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace roacache::store::redis {

/// At the places of an earlier walk where this is the same server.
void RedisWalk::begin_lanes() {
    identity_ = server_.identity();
    if (share_ && !identity_.empty()) identity_.insert(share_->identity.begin(), share_->identity.end());
    const auto places = std::exchange(request_.places, std::nullopt);
    const WalkPlace* place = nullptr;
    if (places && !named_) {
        Resumption resumption{server_.name(), {}};
        place = find_place(*places, server_.name(), identity_, resumption.anew);
        resumptions_.push_back(std::move(resumption));
    }
    if (place == nullptr) return add_lane(0);
    walked_before_ = 1;
    for (const CursorRange& range : place->left) {
        add_lane(place_of(range.from).value_or(0));
        Lane& lane = lanes_.back();
        lane.first_steps.reset();
        lane.until = place_of(range.to).value_or(0);
        const std::uint64_t end = lane.until == 0 ? ~std::uint64_t{0} : lane.until;
        walked_before_ -= std::ldexp(static_cast<double>(end - std::min(lane.began, end)), -64);
    }
    splittable_ = lanes_.size() == 1 && lanes_.front().until == 0;
    if (!lanes_.empty()) return;
    add_lane(0);
    lanes_.front().exhausted = true;
}

/// A round was received: `asked` is the cursor of its step, `put_back` says that keys are to be sent anew.
void RedisWalk::confirm(Lane& lane, const std::string& asked, bool put_back) {
    if (lane.unconfirmed) return;
    if (lane.found.empty())
        lane.confirmed = lane.cursor;
    else if (!put_back)
        lane.confirmed = asked;
}

bool RedisWalk::is_done(const Lane& lane) {
    return lane.exhausted && lane.found.empty() && lane.sent.empty() && !lane.unconfirmed &&
           !lane.received_in_part && !lane.under_way;
}

std::vector<WalkPlace> RedisWalk::places() const {
    if (!changes_ || named_ || identity_.empty()) return {};
    WalkPlace place{server_.name(), identity_, {}};
    for (const Lane& lane : lanes_) {
        if (is_done(lane)) continue;
        const auto confirmed = place_of(lane.confirmed);
        if (!confirmed) return {}; // not a cursor of Redis's
        const Lane* const next = next_of(lane);
        std::uint64_t end = lane.until != 0 ? lane.until : next != nullptr ? next->began : 0;
        const bool pending = !lane.found.empty() || !lane.sent.empty() || lane.unconfirmed || lane.under_way;
        if (end != 0 && pending) end = std::max(end, lane.place); // what it met beyond is known to it alone
        if (end != 0 && *confirmed >= end) continue;
        place.left.push_back({lane.confirmed, cursor_at(end)});
    }
    return {place};
}

} // namespace roacache::store::redis
