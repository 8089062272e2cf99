#pragma once

#include "src/bench/model/plan.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace roacache::bench {

/// Random numbers that are the same everywhere for the same seed: xoshiro256** seeded through splitmix64
/// (Blackman & Vigna 2018).
class Random {
  public:
    explicit Random(std::uint64_t seed);
    std::uint64_t next();
    /// Evenly in [0, limit); limit at least 1 (Lemire 2019).
    std::uint64_t below(std::uint64_t limit);

    template <typename Items>
    void shuffle(Items& items) { // Fisher-Yates
        for (std::size_t left = items.size(); left > 1; --left)
            std::swap(items[left - 1], items[static_cast<std::size_t>(below(left))]);
    }

  private:
    std::array<std::uint64_t, 4> state_;
};

struct ScheduledBlock {
    unsigned pair = 0;
    ArmKind arm = ArmKind::single;
    std::optional<std::uint64_t> requests; ///< for each endpoint; absent: as many as its time allows
};

/// Every block in the order to run them: the arms of each pair in random order, requests spread evenly with
/// the remainder spread evenly too, no more pairs than requests. Of a drill phase after phase.
std::vector<ScheduledBlock> schedule(const Plan& plan);

/// Pairs of blocks that run one after another in one loop.
struct LoopTurn {
    bool closed_loop = false; ///< in the closed loop that takes turns with the plan's own
    unsigned first_pair = 0;
    unsigned pairs = 0;
};

/// One with all pairs; where a closed loop takes turns with the open one, several of each: as many as leave
/// those of the open one two timeouts long on average, for what would have been due during a stall is not
/// sent beyond the turn's end. Which loop begins a round differs at random (of the plan's seed), and so
/// does how long it is where it has 3 pairs or more, so that the turns do not keep step with what the service
/// does at regular times.
std::vector<LoopTurn> loop_turns(const Plan& plan);

/// The turn's part of the whole schedule. Where the plan has both a rate and a duration, the requests are
/// those that are due within `duration`, the turn's own.
std::vector<ScheduledBlock> schedule(const Plan& plan, const LoopTurn& turn, core::Nanoseconds duration);

/// Which endpoint comes next in a block: round after round of all endpoints, each round in an order of its
/// own. All arms of a pair get the same order. Needs no memory for each request.
class EndpointOrder {
  public:
    /// `rounds` absent: without end.
    EndpointOrder(std::vector<std::size_t> endpoints, std::optional<std::uint64_t> rounds, std::uint64_t seed,
                  unsigned pair);

    /// All that it had in the beginning; the greatest number there is when it is without end.
    std::uint64_t size() const { return size_; }
    bool over() const { return at_ == endpoints_.size() && rounds_left_ == 0; }
    std::optional<std::size_t> next();

  private:
    std::vector<std::size_t> endpoints_;
    std::size_t at_;
    std::uint64_t rounds_left_;
    std::uint64_t size_;
    Random random_;
};

} // namespace roacache::bench
