#include "src/store/redis/redis_walk.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/interrupt.hpp"
#include "src/store/redis/batch.hpp"
#include "src/store/redis/errors.hpp"
#include "src/store/redis/refusal.hpp"
#include "src/store/redis/selection_glob.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

/// The first rounds, and every so many later, are sent and received with nothing else under way, so that the
/// answer's time is the server's and not the caller's.
constexpr std::size_t k_alone_first = 10;
constexpr std::size_t k_alone_every = 32;

/// The least of three, or, `exactly`, of as many as there are within some milliseconds.
core::Nanoseconds empty_round_trip(Server& server, bool exactly) {
    constexpr int k_least = 3;
    const int most = exactly ? 50 : k_least;
    const core::Deadline enough = core::Deadline::in(std::chrono::milliseconds(3));
    core::Nanoseconds least = core::Nanoseconds::max();
    for (int i = 0; i < k_least || (i < most && !enough.passed()); ++i) {
        const std::int64_t begun = core::now_ns();
        server.converse([&] { return server.connection().ask({"PING"}); });
        least = std::min(least, core::Nanoseconds(core::now_ns() - begun));
    }
    return least;
}

std::string pattern_of(const WalkRequest& request) {
    const bool narrows = request.meant != nullptr && !request.others_too;
    return narrows ? glob_of(request.meant->selection()) : "*";
}

} // namespace

RedisWalk::RedisWalk(Server& server, WalkRequest request, std::optional<Share> share, bool by_slot)
    : server_(server), connection_(server.connection()), request_(std::move(request)),
      share_(std::move(share)), by_slot_(by_slot), named_(request_.names_keys()), glob_(pattern_of(request_)),
      erase_command_(request_.act == Act::erase ? server.erase_command() : ""),
      empty_round_trip_(named_ && !request_.load.limits() ? core::Nanoseconds(0)
                                                          : empty_round_trip(server, request_.load.limits())),
      pace_(request_.max_pause, empty_round_trip_),
      changes_(request_.act == Act::erase || request_.act == Act::shorten) {
    server_.own_fields();         // to be known again when the connection is lost
    lanes_.reserve(k_most_lanes); // so that they stay where they are
    begin_lanes();
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
    const auto ended = [](const Lane& lane) { return lane.exhausted; };
    if (std::all_of(lanes_.begin(), lanes_.end(), ended)) return 1.0;
    if (lanes_.front().place == 0) return {};
    double done = walked_before_;
    for (const Lane& lane : lanes_)
        done += std::ldexp(static_cast<double>(lane.place - lane.began), -64);
    return std::min(done, 1.0); // a lane may go a little beyond where the next began
}

bool RedisWalk::more_to_send(const Lane& lane) const {
    return !stopped_ && (!lane.exhausted || !lane.found.empty());
}

/// Whether the next round has to wait until nothing is under way.
bool RedisWalk::sends_alone() const {
    if (rounds_ <= k_alone_first || rounds_ % k_alone_every == 0 || request_.load.limits()) return true;
    return lanes_.size() > 1 && std::any_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
               return !lane.found.empty() && lane.actor->converses();
           });
}

bool RedisWalk::next(Page& page) {
    while (step(page, false))
        if (!page.keys.empty()) return true;
    return false;
}

bool RedisWalk::step(Page& page, bool late) {
    page = {};
    late_ = late;
    try {
        if (advance(page)) return true;
    } catch (const net::ConnectionLost&) {
        if (refusal_ || (lost_without_answer() && !shorten_rounds(page))) throw;
        resume(page);
        return true;
    } catch (const ReplyTooLarge&) {
        if (refusal_ || !shorten_rounds(page)) throw;
        resume(page);
        return true;
    }
    check_confirmed();
    return false;
}

void RedisWalk::check_confirmed() const {
    if (tally_.uncertain == 0) return;
    throw core::Error(
        core::ExitCode::unreachable,
        fmt::format("not confirmed: {}: the connection was lost before {} keys were answered for",
                    connection_.peer(), tally_.uncertain));
}

/// Receives one round and sends what may follow; false when nothing is left.
bool RedisWalk::advance(Page& page) {
    if (failed_to_send_) std::rethrow_exception(std::exchange(failed_to_send_, nullptr));
    if (under_way_.empty() && !send_alone()) return false;
    receive_next(page);
    under_way_.pop_front();
    lost_at_.reset();
    if (cursors_count_buckets()) split();
    send_rounds();
    return true;
}

/// False when nothing is left.
bool RedisWalk::send_alone() {
    if (refusal_) throw core::Error(*refusal_);
    check_ends();
    Lane* lane = next_in_turn();
    if (lane == nullptr) return false;
    wait_to_send();
    send_round(*lane, true);
    return true;
}

/// While changes are held up it rests.
bool RedisWalk::is_held_up() {
    if (!changes_ || stopped_) return false;
    const bool holds = brake_.holds(connection_);
    tally_.held_up = brake_.held();
    if (holds) {
        rests_until_ = core::Deadline::in(Brake::k_between_looks);
        rest_ends_ns_.reset();
    }
    if (holds && request_.held_up) request_.held_up();
    return holds;
}

void RedisWalk::wait_to_send() {
    do {
        if (rests_until_) core::wait_ready(-1, 0, *std::exchange(rests_until_, std::nullopt));
        if (rest_ends_ns_) overslept_ = core::Nanoseconds(core::now_ns() - *std::exchange(rest_ends_ns_, {}));
    } while (!share_ && !core::Interrupt::requested() && is_held_up());
}

/// A server that is asked by one, a round at a time, is at work from the round's arrival to its answer. The
/// time by which a rest was too long is taken from the next one.
void RedisWalk::rest(const Lane& lane, std::size_t sent) {
    if (!request_.load.limits() || !lane.sent_at) return;
    const core::Nanoseconds at_work =
        std::max(core::Nanoseconds(core::now_ns() - *lane.sent_at) - empty_round_trip_, core::Nanoseconds(0));
    core::Nanoseconds pause(0);
    if (const auto share = request_.load.share)
        pause = core::Nanoseconds(std::llround(static_cast<double>(at_work.count()) * (1 / *share - 1)));
    if (const auto rate = request_.load.rate) {
        const auto keys = static_cast<double>(lane.scans ? lane.step_size : sent);
        pause = std::max(pause, core::Nanoseconds(std::llround(keys / *rate * 1e9)) - at_work);
    }
    pause -= std::min(pause, std::max(std::exchange(overslept_, {}), core::Nanoseconds(0)));
    if (pause.count() <= 0) return;
    rests_until_ = core::Deadline::in(pause);
    rest_ends_ns_ = core::now_ns() + pause.count();
}

core::Deadline RedisWalk::end_of_wait() const {
    if (!under_way_.empty()) return connection_.end_of_wait();
    return rests_until_.value_or(core::Deadline::in({}));
}

bool RedisWalk::prepare() {
    if (failed_to_send_) return false;
    if (!under_way_.empty()) return true;
    if (rests_until_ && !rests_until_->passed() && next_in_turn() != nullptr) return true;
    try {
        if (is_held_up()) return true;
        return send_alone();
    } catch (const core::Error&) {
        failed_to_send_ = std::current_exception();
        return false;
    }
}

/// A refusal ends a removal, yet what was sent before it was known is answered too, and those answers count.
void RedisWalk::receive_next(Page& page) {
    Lane& lane = *under_way_.front();
    try {
        receive_round(lane, page);
    } catch (const core::Error& error) {
        const bool received = !lane.under_way || dynamic_cast<const RefusedOperation*>(&error) != nullptr;
        if (refusal_ && !received) throw core::Error(*refusal_);
        if (!changes_ || !received) throw;
        if (!refusal_) refusal_ = error;
        stopped_ = true;
    }
}

/// Throws for a SCAN that seems to have no end. The size of the database is asked for when it matters.
void RedisWalk::check_ends() {
    for (const Lane& lane : lanes_) {
        if (lane.exhausted || !lane.end.exceeds(known_keys_)) continue;
        const Reply reply = connection_.ask({"DBSIZE"});
        if (reply.is_error() && turns_away(reply.text)) connection_.checked(reply);
        known_keys_ = reply.is_integer() && reply.integer >= 0 ? static_cast<std::uint64_t>(reply.integer)
                                                               : EndlessScan::k_keys_unknown;
        if (lane.end.exceeds(known_keys_)) throw scan_without_end(connection_.peer(), "SCAN");
    }
}

/// Null when none has anything to send that is not under way.
RedisWalk::Lane* RedisWalk::next_in_turn() {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        Lane& lane = lanes_[(turn_ + i) % lanes_.size()];
        if (lane.under_way || !more_to_send(lane)) continue;
        turn_ += i + 1;
        return &lane;
    }
    return nullptr;
}

void RedisWalk::send_rounds() {
    while (under_way_.size() < k_most_under_way && !sends_alone()) {
        Lane* lane = next_in_turn();
        if (lane == nullptr) return;
        send_round(*lane, false);
    }
}

void RedisWalk::next_named(Lane& lane) {
    std::vector<std::string> keys;
    lane.exhausted = !request_.next_named(keys);
    for (std::string& key : keys)
        lane.found.push_back(request_.meant != nullptr ? request_.meant->decoded(std::move(key))
                                                       : FoundKey(std::move(key)));
}

void RedisWalk::send_round(Lane& lane, bool alone) {
    ++rounds_;
    if (lane.found.empty() && !lane.exhausted && named_) next_named(lane);
    if (alone) server_.resume_if_ended(); // a source of keys may have taken its time
    move_round(lane.found, lane.sent, most_in_round_);
    // A step that was too long for the server's output limit takes with it what travels behind it.
    const bool steps_alone = pace_.was_shortened() && !lane.sent.empty();
    lane.scans = !lane.exhausted && !named_ && lane.found.empty() && !steps_alone;
    if (lane.scans) {
        lane.step_size = step_size_of(lane);
        const std::string count = fmt::format_int(lane.step_size).str();
        if (glob_ == "*")
            connection_.append({"SCAN", lane.cursor, "COUNT", count});
        else
            connection_.append({"SCAN", lane.cursor, "MATCH", glob_, "COUNT", count});
    }
    lane.actor->begin(connection_, lane.sent, tally_);
    lane.sent_at = alone ? std::optional(core::now_ns()) : std::nullopt;
    lane.under_way = true;
    under_way_.push_back(&lane);
    connection_.send();
}

void RedisWalk::receive_round(Lane& lane, Page& page) {
    std::optional<Reply> step;
    if (lane.scans) {
        step = connection_.receive();
        const bool shows_pace = lane.sent_at && lane.step_size >= pace_.size() / k_most_under_way;
        if (shows_pace)
            pace_.measured(lane.step_size, core::Nanoseconds(core::now_ns() - *lane.sent_at), late_);
    }
    const std::size_t sent = lane.sent.size();
    const std::string asked = lane.cursor;
    const std::uint64_t refused = tally_.refused;
    page.keys = std::exchange(lane.sent, {});
    lane.received_in_part = true;
    lane.actor->finish(connection_, page, tally_);
    take_elsewhere(lane);
    lane.under_way = lane.received_in_part = false;
    rest(lane, sent);
    if (step) take_step(lane, std::move(*step));
    const std::size_t found = lane.found.size();
    if (changes_) settle(lane, page);
    if (changes_) {
        lane.unconfirmed |= tally_.refused != refused;
        confirm(lane, step ? asked : lane.confirmed, lane.found.size() != found);
    }
    if (step && request_.act == Act::list) page.keys = std::exchange(lane.found, {});
}

void RedisWalk::take_step(Lane& lane, Reply reply) {
    const bool cannot_begin = reply.is_error() && lane.first_steps && lane.place == lane.began;
    if (cannot_begin) { // not a server of which any cursor may be asked
        lane.exhausted = true;
        lane.first_steps.reset();
        return;
    }
    const bool lacks_scan =
        reply.is_error() && !reply.text.starts_with("NOPERM") && is_not_available(reply.text);
    if (lacks_scan) throw without_scan(connection_.peer(), reply.text);
    reply = connection_.checked(std::move(reply));
    const auto is_string = [](const Reply& element) { return element.is_string(); };
    const bool sound =
        reply.elements.size() == 2 && reply.elements[0].is_string() && reply.elements[1].is_array() &&
        std::all_of(reply.elements[1].elements.begin(), reply.elements[1].elements.end(), is_string);
    if (!sound) throw not_understood(connection_.peer(), "SCAN");
    lane.cursor = std::move(reply.elements[0].text);
    lane.end.see(lane.cursor, lane.step_size);
    if (lane.end.in_circles()) throw scan_without_end(connection_.peer(), "SCAN");
    cursors_.see(lane.cursor);
    const bool at_the_end = lane.cursor == "0";
    lane.exhausted = at_the_end;
    const std::uint64_t place = at_the_end ? ~std::uint64_t{0} : place_of(lane.cursor).value_or(0);
    if (lanes_.size() == 1) {
        asked_ += lane.step_size;
        splittable_ &= place > lane.place;
    } else {
        look_for_first_steps(lane, place);
    }
    lane.exhausted |= lane.until != 0 && place >= lane.until;
    missed_ |= lane.until != 0 && place > lane.until && !at_the_end;
    lane.place = std::max(lane.place, place);
    take_keys(lane, std::move(reply.elements[1].elements));
}

void RedisWalk::take_elsewhere(Lane& lane) {
    for (Redirected& redirected : lane.actor->take_redirected()) {
        lane.unconfirmed = true;
        found_.erase(redirected.key.bytes());
        redirected_.push_back(std::move(redirected));
    }
}

/// Decodes the key. One that is left alone is not confirmed.
bool RedisWalk::takes(Lane& lane, FoundKey& key) const {
    const bool taken = request_.meant == nullptr || request_.meant->take(key);
    if (request_.sees) request_.sees(key, taken);
    const bool admitted = taken && (!request_.admits || request_.admits(key));
    lane.unconfirmed |= taken && !admitted;
    return admitted || request_.others_too;
}

/// Keys in the first steps of the next lane are left to it.
void RedisWalk::take_keys(Lane& lane, std::vector<Reply> keys) {
    const Lane* next = next_of(lane);
    const bool may_repeat = next != nullptr && lane.place >= next->began;
    std::size_t bytes = 0;
    for (const Reply& key : keys)
        bytes += key.text.size();
    pace_.weighed(lane.step_size, bytes);
    lane.found.reserve(lane.found.size() + keys.size());
    for (Reply& reply : keys) {
        if (may_repeat && next->first_steps->found(reply.text)) continue;
        if (!found_.empty() && found_.contains(reply.text)) continue;
        if (share_ && !share_->slots[slot_of(reply.text)]) continue;
        if (share_ && share_->admits && !share_->admits(reply.text)) continue;
        FoundKey key(std::move(reply.text));
        if (!takes(lane, key)) continue;
        if (changes_) found_.insert(key.bytes());
        lane.found.push_back(std::move(key));
    }
    if (lane.first_steps && lane.first_steps->grows()) lane.first_steps->add(lane.cursor, lane.found);
}

/// While the server changes the size of its table it may give a key again before it has removed it. So a key
/// counts as found until its change is answered, which is after all steps that came before the change.
void RedisWalk::settle(Lane& lane, const Page& page) {
    for (const FoundKey& key : page.keys)
        found_.erase(key.bytes());
    take_again(lane);
}

/// Keys whose change was answered and not made are sent anew.
void RedisWalk::take_again(Lane& lane) {
    const auto put_back = [&](std::vector<FoundKey> keys) {
        lane.found.insert(lane.found.begin(), std::make_move_iterator(keys.begin()),
                          std::make_move_iterator(keys.end()));
    };
    put_back(lane.actor->take_again());
    put_back(lane.actor->take_failed());
}

} // namespace roacache::store::redis
