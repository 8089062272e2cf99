#pragma once

#include "src/bench/load/closed_loop.hpp"
#include "src/bench/load/schedule.hpp"

#include <limits>

namespace roacache::bench {

/// What falls to one of several threads.
struct Part {
    std::size_t index = 0; ///< below `of`
    std::size_t of = 1;

    /// Even shares, of which the first ones have the remainder.
    template <typename Number>
    Number share(Number whole) const {
        return static_cast<Number>(whole / of + (index < whole % of ? 1 : 0));
    }
};

/// Which requests are one thread's turn, of all that the threads send together. Each thread walks the same
/// orders and passes over what the others send, so that together they send what one thread would.
class Turns {
  public:
    static constexpr std::int64_t k_never = std::numeric_limits<std::int64_t>::max();

    struct Turn {
        std::size_t job = 0; ///< index of the order
        std::size_t endpoint = 0;
        bool begins_job = false; ///< it is the order's first
        bool filler = false;     ///< sent, but counted nowhere: see ClosedLoop
        bool leading = false;    ///< a filler before what is counted
    };

    /// Whoever is free takes the next request; `loop` counts those that any thread took. Where there is a
    /// connection for each request, and no fillers, a thread takes no more than its share of them, so that
    /// each sends one. `fillers` has no end and is not empty where the loop fills.
    void share(EndpointOrder order, EndpointOrder fillers, unsigned connections, Part part, ClosedLoop& loop);
    /// Of orders that follow one another, each with an end, this thread takes every part.of-th request.
    /// `interval_ns` is between two of them, and at `started_ns` the first one is due.
    void schedule(std::vector<EndpointOrder> orders, double interval_ns, std::int64_t started_ns, Part part);

    /// Requests are due at fixed moments.
    bool scheduled() const { return interval_ns_ > 0; }
    /// When the next request is due, by core::now_ns(), or 0 where it is due as soon as possible; k_never
    /// when none is left. Shared: `counting` is whether there is time for another counted one.
    std::int64_t next_due(bool counting = true);
    /// The request that is due; absent when another thread was quicker to take the last one.
    std::optional<Turn> take(bool counting = true);
    /// The order whose requests are taken now; as many as there are when all are over.
    std::size_t job() const { return job_; }

  private:
    std::optional<Turn> take_shared(bool counting);
    void find_turn();

    std::vector<EndpointOrder> orders_;
    Part part_;
    std::size_t job_ = 0;
    std::uint64_t passed_ = 0;   // requests behind this thread, those of others included
    ClosedLoop* loop_ = nullptr; // shared: what the threads took together
    std::optional<EndpointOrder> fillers_;
    std::uint64_t left_ = 0; // shared: the most that this thread may still take
    double interval_ns_ = 0; // 0: shared
    std::int64_t started_ns_ = 0;
    std::uint64_t turn_ = 0;  // scheduled: the number of this thread's next request
    bool begins_job_ = false; // scheduled: nothing of the job was passed yet
};

} // namespace roacache::bench
