#pragma once

#include "src/bench/model/histogram.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace roacache::bench {

/// A time in which requests were under way and no answer came. It ends with any answer, an error as well, but
/// not with a timeout, and begins with the answer before it; or where nothing was under way then, with the
/// oldest request that it kept waiting (at a given rate: when that was due).
struct ResponseGap {
    std::int64_t since_ns = 0; ///< by core::now_ns()
    std::int64_t length_ns = 0;
    bool shared = false; ///< at least two requests waited for half of it or more
};

/// The response gaps of an arm: the lengths of all, and the longest with their begin. Bounded, whatever the
/// number of requests.
class ResponseGaps {
  public:
    /// Shorter ones may be the machine's own: a process that waits for its turn.
    static constexpr std::int64_t k_least_ns = 100'000'000;
    static constexpr std::size_t k_capacity = 1000;

    /// Of those that are k_least_ns or longer the longest k_capacity are stored.
    void record(const ResponseGap& gap);
    void merge(const ResponseGaps& other);
    /// With what another thread saw at the same time: a server is stalled when it is to both. Two threads
    /// that wait are two requests at least. What is typical is left as it is: each thread asks the same
    /// server in the same way, and would count each stall once more.
    void overlap(const ResponseGaps& other);

    const std::vector<ResponseGap>& longest() const { return longest_; } ///< in no order
    /// The response gaps that last at most so long make up half of all gap time. Unlike a median of the
    /// lengths it does not become small because answers come in bursts. The longest are left out, one in 200
    /// and 3 at most, so that a stall longer than all else together does not make itself typical. 0 without
    /// any.
    double typical_ns() const;

  private:
    void keep(const ResponseGap& gap);

    Histogram lengths_;
    std::vector<ResponseGap> longest_;
};

/// Finds the response gaps of one thread's requests.
class ResponseGapWatch {
  public:
    /// When those requests began that have waited longest.
    struct Oldest {
        static constexpr std::int64_t k_none = std::numeric_limits<std::int64_t>::max();
        std::int64_t first = k_none, second = k_none;

        void add(std::int64_t start_ns) {
            second = std::min(second, std::max(first, start_ns));
            first = std::min(first, start_ns);
        }
    };

    void begin(std::int64_t now_ns);
    /// A request that began then timed out.
    void give_up(std::int64_t start_ns) { given_up_.add(start_ns); }
    bool gave_up_since_answer() const { return given_up_.first != Oldest::k_none; }

    /// The response gap that an answer at `until_ns` ends, to a request that began at `start_ns`. Where it is
    /// a long one `add_waiting` is called to add the begin of each request under way to an Oldest; the short
    /// ones are nobody's stall and cost nearly nothing.
    template <typename AddWaiting>
    ResponseGap end(std::int64_t until_ns, std::int64_t start_ns, AddWaiting add_waiting) {
        Oldest waiting;
        waiting.add(start_ns);
        if (until_ns - answered_ns_ >= ResponseGaps::k_least_ns) {
            waiting = given_up_;
            add_waiting(waiting);
        }
        return end(until_ns, waiting);
    }

  private:
    ResponseGap end(std::int64_t until_ns, const Oldest& waiting);

    std::int64_t answered_ns_ = 0;
    Oldest given_up_;
};

} // namespace roacache::bench
