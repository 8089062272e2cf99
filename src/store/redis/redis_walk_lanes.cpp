#include "src/store/redis/redis_walk.hpp"

#include <algorithm>

namespace roacache::store::redis {
namespace {

/// Smaller tables are walked in one: that takes a few milliseconds anyway.
constexpr unsigned k_least_bits_to_split = 14;
constexpr unsigned k_least_bits_a_lane = 13;

/// More than FirstSteps has, of steps that are a bucket long.
constexpr std::size_t k_most_steps_beyond = 32;

} // namespace

/// The steps under way may reach the server in one go.
std::size_t RedisWalk::step_size_of(const Lane& lane) const {
    if (lanes_.size() == 1) return pace_.size();
    if (lane.first_steps && lane.first_steps->grows()) return 1;
    const std::size_t share = std::max<std::size_t>(pace_.size() / k_most_under_way, 1);
    const Lane* next = next_of(lane);
    if (next == nullptr || lane.steps_beyond > k_most_steps_beyond) return share;
    return std::min(share, longest_step(lane.place, next->began, *cursors_.table_bits()));
}

/// The lane behind, unless there is none.
const RedisWalk::Lane* RedisWalk::next_of(const Lane& lane) const {
    for (const Lane* next = &lane + 1; next != lanes_.data() + lanes_.size(); ++next)
        if (next->first_steps) return next;
    return nullptr;
}

/// A lane ends where it comes upon the first steps of another. One that missed them goes on to those after
/// them.
void RedisWalk::look_for_first_steps(Lane& lane, std::uint64_t place) {
    const Lane* next = next_of(lane);
    if (next == nullptr || place < next->began) return;
    for (; next != nullptr && !lane.exhausted; next = next_of(*next))
        lane.exhausted = next->first_steps->has(lane.cursor);
    const bool met = lane.exhausted && lane.cursor != "0";
    missed_ |= !met && (lane.exhausted || ++lane.steps_beyond > k_most_steps_beyond);
}

/// Cursors have no promised meaning, and there are servers that count differently. So it is checked first
/// that these rise as Redis's do, by as many buckets as were asked for: a bucket has a handful of keys at
/// most, and a step ten buckets for each of its COUNT.
bool RedisWalk::cursors_count_buckets() const {
    const auto bits = cursors_.table_bits();
    const Lane& lane = lanes_.front();
    if (!splittable_ || lane.exhausted || named_ || !bits || *bits < k_least_bits_to_split) return false;
    constexpr std::size_t k_most_keys_a_bucket = 16, k_most_buckets_a_count = 10;
    const std::uint64_t buckets = (lane.place - lane.began) >> (64U - *bits);
    return asked_ <= buckets * k_most_keys_a_bucket && buckets <= asked_ * k_most_buckets_a_count;
}

/// A cluster's node and a proxy may have the number of a slot or server in the lowest bits of a cursor. Then
/// the table seems to be larger than any that Redis keeps for so few keys: it has some ten buckets a key at
/// most.
bool RedisWalk::table_fits_keys() {
    constexpr unsigned k_bits_a_key = 6; // 64 buckets
    const Reply reply = connection_.ask({"DBSIZE"});
    if (reply.is_error()) return reply.text.starts_with("NOPERM");
    return reply.is_integer() && reply.integer > 0 &&
           static_cast<std::uint64_t>(reply.integer) >> (*cursors_.table_bits() - k_bits_a_key) != 0;
}

/// Into parts of the same size, as far as the walk has not come too near to their beginning.
void RedisWalk::split() {
    splittable_ = false;
    if (!table_fits_keys()) return;
    const std::uint64_t parts =
        std::min(k_most_lanes, std::uint64_t{1} << (*cursors_.table_bits() - k_least_bits_a_lane));
    const std::uint64_t part = ~std::uint64_t{0} / parts + 1;
    const std::uint64_t walked = lanes_.front().place;
    for (std::uint64_t number = 1; number < parts; ++number)
        if (number * part > walked && number * part - walked > part / 4) add_lane(number * part);
}

void RedisWalk::add_lane(std::uint64_t place) {
    Lane& lane = lanes_.emplace_back();
    lane.actor = make_operation(request_, {named_, erase_command_, by_slot_});
    lane.began = lane.place = place;
    lane.cursor = lane.confirmed = cursor_at(place);
    if (lanes_.size() > 1) lane.first_steps.emplace(lane.cursor);
}

} // namespace roacache::store::redis
