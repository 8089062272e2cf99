#include "src/store/redis/redis_walk.hpp"

#include "src/store/redis/errors.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

/// The first rounds, and every so many later, are sent and received in one go, so that the answer's time is
/// the server's and not the caller's.
constexpr std::size_t k_measured_first = 10;
constexpr std::size_t k_measured_every = 8;

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
      actor_(make_actor(request_, static_cast<bool>(request_.keys))),
      pace_(request_.max_pause, empty_round_trip(connection)) {}

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
    if (exhausted_) return 1.0;
    return cursors_.progress();
}

bool RedisWalk::more_to_send() const {
    return !stopped_ && (!exhausted_ || !found_.empty());
}

bool RedisWalk::may_overlap() const {
    return rounds_ > k_measured_first && rounds_ % k_measured_every != 0;
}

bool RedisWalk::next(Page& page) {
    for (;;) {
        page = {};
        if (!under_way_) {
            if (!more_to_send()) return false;
            send_round();
        }
        receive_round(page);
        if (more_to_send() && may_overlap()) {
            send_round();
            overlapped_ = true;
        }
        if (!page.keys.empty()) return true;
    }
}

void RedisWalk::send_round() {
    ++rounds_;
    sent_ = std::exchange(found_, {});
    scans_ = !exhausted_ && !request_.keys;
    if (scans_) {
        step_size_ = pace_.size();
        const std::string count = fmt::format_int(step_size_).str();
        if (request_.glob == "*")
            connection_.append({"SCAN", cursor_, "COUNT", count});
        else
            connection_.append({"SCAN", cursor_, "MATCH", request_.glob, "COUNT", count});
    } else if (!exhausted_) {
        exhausted_ = !request_.keys(sent_);
    }
    actor_->begin(connection_, sent_, tally_);
    sent_at_ = core::now_ns();
    overlapped_ = false;
    under_way_ = true;
    connection_.send();
}

void RedisWalk::receive_round(Page& page) {
    under_way_ = false;
    std::optional<Reply> step;
    if (scans_) {
        step = connection_.receive();
        if (!overlapped_) pace_.measured(step_size_, core::Nanoseconds(core::now_ns() - sent_at_));
    }
    page.keys = std::exchange(sent_, {});
    actor_->finish(connection_, page, tally_);
    if (!step) return;
    take_step(connection_.checked(std::move(*step)));
    if (request_.act == Act::list) page.keys = std::exchange(found_, {});
}

void RedisWalk::take_step(Reply reply) {
    const auto is_string = [](const Reply& element) { return element.is_string(); };
    const bool sound =
        reply.elements.size() == 2 && reply.elements[0].is_string() && reply.elements[1].is_array() &&
        std::all_of(reply.elements[1].elements.begin(), reply.elements[1].elements.end(), is_string);
    if (!sound) throw not_understood(connection_.peer(), "SCAN");
    cursor_ = std::move(reply.elements[0].text);
    cursors_.see(cursor_);
    exhausted_ = cursor_ == "0";
    for (Reply& element : reply.elements[1].elements)
        if (!request_.wanted || request_.wanted(element.text)) found_.push_back(std::move(element.text));
}

} // namespace roacache::store::redis
