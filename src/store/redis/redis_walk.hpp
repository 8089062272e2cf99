#pragma once

#include "src/store/redis/acts.hpp"
#include "src/store/redis/cursor.hpp"
#include "src/store/redis/meeting.hpp"
#include "src/store/redis/pace.hpp"

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace roacache::store::redis {

/// A walk over one server. Each round trip carries the next step of a SCAN and, behind it, the commands for
/// the keys that the step before found.
///
/// A server that is asked by one is idle while its answer travels and the next step comes back. A large table
/// is therefore walked in two halves by turns: while one half's answer is looked at, the server has the
/// other's step. So short steps, which hold up other clients least, take no longer than long ones.
class RedisWalk : public Walk {
  public:
    /// The connection is the walk's alone as long as the walk lives.
    RedisWalk(Connection& connection, WalkRequest request);
    ~RedisWalk() override;
    RedisWalk(const RedisWalk&) = delete;
    RedisWalk& operator=(const RedisWalk&) = delete;

    bool next(Page& page) override;
    void stop() override { stopped_ = true; }
    const Tally& tally() const override { return tally_; }
    std::optional<double> progress() const override;
    bool resized() const override { return cursors_.resized() || missed_; }

  private:
    /// One SCAN, and at most one round of it under way.
    struct Lane {
        std::unique_ptr<Actor> actor;
        std::string cursor = "0";
        std::uint64_t place = 0;             ///< of the cursor; at the end the last there is
        std::vector<std::string> found;      ///< by the last step, not yet acted upon
        std::vector<std::string> sent;       ///< acted upon in the round that is under way
        std::size_t step_size = 0;           ///< COUNT of the step that is under way
        std::optional<std::int64_t> sent_at; ///< of a round that is measured
        bool scans = false;                  ///< the round under way has a step
        bool under_way = false;
        bool exhausted = true; ///< no keys are left to be found
    };

    Lane& first() { return lanes_[0]; }
    Lane& second() { return lanes_[1]; }
    bool more_to_send(const Lane& lane) const;
    bool sends_alone() const;
    bool send_alone();
    void send_rounds();
    void send_round(Lane& lane, bool alone);
    void receive_round(Lane& lane, Page& page);
    void take_step(Lane& lane, Reply reply);
    void take_keys(Lane& lane, std::vector<Reply> keys);
    std::size_t step_size_of(const Lane& lane) const;
    void watch_first(std::uint64_t place);
    bool may_split() const;
    void split();
    void join();

    Connection& connection_;
    WalkRequest request_;
    Pace pace_;
    CursorWatch cursors_;
    Tally tally_;
    std::array<Lane, 2> lanes_;
    std::deque<Lane*> under_way_; ///< in the order of their answers
    std::size_t rounds_ = 0;
    std::size_t asked_ = 0;         ///< the COUNTs of the first lane's steps until the walk is split, summed
    bool splittable_ = true;        ///< as far as the cursors tell
    std::optional<Meeting> halves_; ///< of a walk that is split
    std::size_t steps_beyond_ = 0;  ///< of the first lane, beyond the middle
    bool missed_ = false;           ///< the lanes did not meet: what lies beyond the middle comes twice
    bool stopped_ = false;
};

} // namespace roacache::store::redis
