#include "src/store/redis/redis_walk.hpp"

#include "src/store/redis/errors.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

/// The first rounds, and every so many later, are sent and received with nothing else under way, so that the
/// answer's time is the server's and not the caller's.
constexpr std::size_t k_alone_first = 10;
constexpr std::size_t k_alone_every = 32;

/// Smaller tables are walked in one: that takes a few milliseconds anyway.
constexpr unsigned k_least_bits_to_split = 14;

/// More than the second lane marks, of steps that are a bucket long.
constexpr std::size_t k_most_steps_beyond = 32;

core::Nanoseconds empty_round_trip(Connection& connection) {
    core::Nanoseconds least = core::Nanoseconds::max();
    for (int i = 0; i < 3; ++i) {
        const std::int64_t begun = core::now_ns();
        connection.ask({"PING"});
        least = std::min(least, core::Nanoseconds(core::now_ns() - begun));
    }
    return least;
}

} // namespace

RedisWalk::RedisWalk(Connection& connection, WalkRequest request)
    : connection_(connection), request_(std::move(request)),
      pace_(request_.max_pause, empty_round_trip(connection)) {
    for (Lane& lane : lanes_)
        lane.actor = make_actor(request_, static_cast<bool>(request_.keys));
    first().exhausted = false;
}

/// What is under way is received, so that the connection can be used again.
RedisWalk::~RedisWalk() {
    try {
        while (connection_.outstanding() > 0)
            connection_.receive();
    } catch (const std::exception&) {
        // The connection is of no use then, and says so when it is used.
    }
}

std::optional<double> RedisWalk::progress() const {
    const Lane& one = lanes_[0];
    const Lane& other = lanes_[1];
    if (one.exhausted && other.exhausted) return 1.0;
    if (one.place == 0) return {};
    // The first may be a little beyond the middle when it meets the second.
    const auto part = [](std::uint64_t places) { return std::ldexp(static_cast<double>(places), -64); };
    return std::min(part(one.place) + part(halves_ ? other.place - Meeting::k_middle_place : 0), 1.0);
}

bool RedisWalk::more_to_send(const Lane& lane) const {
    return !stopped_ && (!lane.exhausted || !lane.found.empty());
}

/// Whether the next round has to wait until nothing is under way.
bool RedisWalk::sends_alone() const {
    if (rounds_ <= k_alone_first || rounds_ % k_alone_every == 0) return true;
    return halves_ && std::any_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
               return !lane.found.empty() && lane.actor->converses();
           });
}

bool RedisWalk::next(Page& page) {
    for (;;) {
        page = {};
        if (under_way_.empty() && !send_alone()) return false;
        Lane& lane = *under_way_.front();
        under_way_.pop_front();
        receive_round(lane, page);
        if (may_split()) split();
        send_rounds();
        if (!page.keys.empty()) return true;
    }
}

/// One round, by turns of the lanes; false when there is none left.
bool RedisWalk::send_alone() {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        Lane& lane = lanes_[(rounds_ + i) % lanes_.size()];
        if (!more_to_send(lane)) continue;
        send_round(lane, true);
        return true;
    }
    return false;
}

void RedisWalk::send_rounds() {
    for (Lane& lane : lanes_)
        if (!lane.under_way && more_to_send(lane) && !sends_alone()) send_round(lane, false);
}

void RedisWalk::send_round(Lane& lane, bool alone) {
    ++rounds_;
    lane.sent = std::exchange(lane.found, {});
    lane.scans = !lane.exhausted && !request_.keys;
    if (lane.scans) {
        lane.step_size = step_size_of(lane);
        const std::string count = fmt::format_int(lane.step_size).str();
        if (request_.glob == "*")
            connection_.append({"SCAN", lane.cursor, "COUNT", count});
        else
            connection_.append({"SCAN", lane.cursor, "MATCH", request_.glob, "COUNT", count});
    } else if (!lane.exhausted) {
        lane.exhausted = !request_.keys(lane.sent);
    }
    lane.actor->begin(connection_, lane.sent, tally_);
    lane.sent_at = alone ? std::optional(core::now_ns()) : std::nullopt;
    lane.under_way = true;
    under_way_.push_back(&lane);
    connection_.send();
}

/// Both lanes' steps may reach the server in one go.
std::size_t RedisWalk::step_size_of(const Lane& lane) const {
    if (!halves_) return pace_.size();
    const std::size_t half = std::max<std::size_t>(pace_.size() / 2, 1);
    if (&lane == &lanes_[1]) return halves_->marks() ? 1 : half;
    return missed_ ? half : std::min(half, Meeting::longest_step(lane.place, *cursors_.table_bits()));
}

void RedisWalk::receive_round(Lane& lane, Page& page) {
    lane.under_way = false;
    std::optional<Reply> step;
    if (lane.scans) {
        step = connection_.receive();
        const bool tells_pace = lane.sent_at && lane.step_size >= pace_.size() / 2;
        if (tells_pace) pace_.measured(lane.step_size, core::Nanoseconds(core::now_ns() - *lane.sent_at));
    }
    page.keys = std::exchange(lane.sent, {});
    lane.actor->finish(connection_, page, tally_);
    if (!step) return;
    take_step(lane, std::move(*step));
    if (request_.act == Act::list) page.keys = std::exchange(lane.found, {});
}

void RedisWalk::take_step(Lane& lane, Reply reply) {
    const bool second_cannot_begin =
        reply.is_error() && &lane == &second() && lane.cursor == Meeting::k_middle;
    if (second_cannot_begin) return join();
    reply = connection_.checked(std::move(reply));
    const auto is_string = [](const Reply& element) { return element.is_string(); };
    const bool sound =
        reply.elements.size() == 2 && reply.elements[0].is_string() && reply.elements[1].is_array() &&
        std::all_of(reply.elements[1].elements.begin(), reply.elements[1].elements.end(), is_string);
    if (!sound) throw not_understood(connection_.peer(), "SCAN");
    lane.cursor = std::move(reply.elements[0].text);
    cursors_.see(lane.cursor);
    const bool at_the_end = lane.cursor == "0";
    lane.exhausted = at_the_end;
    const std::uint64_t place = place_of(lane.cursor).value_or(0);
    if (&lane == &first()) watch_first(place);
    lane.place = at_the_end ? ~std::uint64_t{0} : std::max(lane.place, place);
    take_keys(lane, std::move(reply.elements[1].elements));
}

/// Follows the first lane: whether it may be split, and, when it is, whether it met the second.
void RedisWalk::watch_first(std::uint64_t place) {
    Lane& lane = first();
    if (!halves_) {
        asked_ += lane.step_size;
        splittable_ &= place > lane.place;
        return;
    }
    if (lane.exhausted) {
        missed_ = true;
    } else if (place >= Meeting::k_middle_place && !missed_) {
        lane.exhausted = halves_->marked(lane.cursor);
        missed_ = !lane.exhausted && ++steps_beyond_ > k_most_steps_beyond;
    }
}

/// Keys that the second lane found already are left to it.
void RedisWalk::take_keys(Lane& lane, std::vector<Reply> keys) {
    const bool may_be_told = halves_ && &lane == &first() && lane.place >= Meeting::k_middle_place;
    for (Reply& key : keys)
        if (!(may_be_told && halves_->told(key.text)) && (!request_.wanted || request_.wanted(key.text)))
            lane.found.push_back(std::move(key.text));
    if (&lane == &second() && halves_->marks()) halves_->mark(lane.cursor, lane.found);
}

/// Cursors are the server's own affair, and there are servers that count differently. So it is seen first
/// that these ones rise as Redis's do, by as many buckets as were asked for: a bucket has a handful of keys
/// at most, and a step ten buckets for each of its COUNT.
bool RedisWalk::may_split() const {
    const auto bits = cursors_.table_bits();
    const std::uint64_t place = lanes_[0].place;
    if (halves_ || !splittable_ || lanes_[0].exhausted || request_.keys || !bits ||
        *bits < k_least_bits_to_split)
        return false;
    constexpr std::uint64_t k_last_place_to_split = Meeting::k_middle_place / 5 * 4;
    constexpr std::size_t k_most_keys_a_bucket = 16, k_most_buckets_a_count = 10;
    const std::uint64_t buckets = place >> (64U - *bits);
    return place < k_last_place_to_split && asked_ <= buckets * k_most_keys_a_bucket &&
           buckets <= asked_ * k_most_buckets_a_count;
}

void RedisWalk::split() {
    halves_.emplace();
    second().cursor = Meeting::k_middle;
    second().place = Meeting::k_middle_place;
    second().exhausted = false;
}

/// The server does not let a walk begin in the middle.
void RedisWalk::join() {
    second().exhausted = true;
    halves_.reset();
    splittable_ = false;
}

} // namespace roacache::store::redis
