#pragma once

#include "src/store/redis/acts.hpp"
#include "src/store/redis/cursor.hpp"
#include "src/store/redis/pace.hpp"

#include <memory>
#include <string>
#include <vector>

namespace roacache::store::redis {

/// A walk over one server. Each round trip carries the next step of the SCAN and, behind it, the commands for
/// the keys that the step before found.
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
    bool resized() const override { return cursors_.resized(); }

  private:
    bool more_to_send() const;
    void send_round();
    void receive_round(Page& page);
    void take_step(Reply reply);
    bool may_overlap() const;

    Connection& connection_;
    WalkRequest request_;
    std::unique_ptr<Actor> actor_;
    Pace pace_;
    CursorWatch cursors_;
    Tally tally_;
    std::string cursor_ = "0";
    std::vector<std::string> found_; ///< by the last step, not yet acted upon
    std::vector<std::string> sent_;  ///< acted upon in the round that is under way
    std::size_t rounds_ = 0;
    std::size_t step_size_ = 0; ///< COUNT of the step that is under way
    std::int64_t sent_at_ = 0;
    bool under_way_ = false;
    bool scans_ = false;      ///< the round under way has a step
    bool overlapped_ = false; ///< the round under way was sent before the page before it was looked at
    bool exhausted_ = false;  ///< no keys are left to be found
    bool stopped_ = false;
};

} // namespace roacache::store::redis
