#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

namespace roacache::bench {

/// What the threads share that make the load of a closed loop together: how much of it is taken, and since
/// when, and until when, the load is full.
///
/// With fillers every counted request runs while all connections are busy. Fillers are requests that are sent
/// like the others and counted nowhere: the first of each connection, so that what changed while something
/// else was measured (entries that expired meanwhile) is in no figure; and those that keep connections busy
/// when nothing more is to be counted, but some that is counted is still under way. There is a limit to them,
/// for connections that are quick beside others that are slow would send them without end.
class ClosedLoop {
  public:
    static constexpr std::int64_t k_never = std::numeric_limits<std::int64_t>::max();

    /// Before the threads begin. `requests`: that are counted at most. `connections`: those that are to be
    /// busy first; 0 without fillers. Fillers ask each of the `endpoints` (1 at least) before any is counted.
    void begin(std::uint64_t requests, unsigned connections, std::size_t endpoints) {
        requests_ = requests;
        idle_ = connections;
        endpoints_ = endpoints;
        leading_ = connections > 0 ? std::max<std::uint64_t>(connections, endpoints) : 0;
        led_ = 0;
        fills_ = connections > 0;
        taken_ = ended_ = 0;
        fillers_left_ =
            static_cast<std::int64_t>(std::max(k_most_fillers * std::uint64_t{connections}, 2 * leading_));
        counted_from_ = fills_ ? k_never : 0;
        counted_until_ = 0;
    }

    bool fills() const { return fills_; }
    /// A connection had its first request.
    void connection_begins() {
        if (fills_) idle_.fetch_sub(1, std::memory_order_relaxed);
    }
    /// The endpoint of the next filler before what is counted; absent when enough were sent.
    std::optional<std::size_t> take_leading() {
        const bool full = idle_.load(std::memory_order_relaxed) == 0;
        if (full && led_.load(std::memory_order_relaxed) >= leading_) return {};
        const std::uint64_t number = led_.fetch_add(1, std::memory_order_relaxed);
        if ((full && number >= leading_) || !take_filler()) return {};
        return static_cast<std::size_t>(number % endpoints_);
    }
    std::uint64_t taken() const { return std::min(taken_.load(std::memory_order_relaxed), requests_); }
    bool all_taken() const { return taken() == requests_; }
    bool counted_under_way() const { return taken() > ended_.load(std::memory_order_relaxed); }

    /// Another filler may be sent.
    bool take_filler() { return fillers_left_.fetch_sub(1, std::memory_order_relaxed) > 0; }
    /// The number of the next counted request, from 0 on; too great when there is none.
    std::uint64_t take() { return taken_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t requests() const { return requests_; }
    /// A counted request began, or ended, at this moment.
    void counted_begins(std::int64_t ns) {
        std::int64_t first = k_never;
        if (counted_from_.load(std::memory_order_relaxed) == k_never)
            counted_from_.compare_exchange_strong(first, ns, std::memory_order_relaxed);
    }
    void counted_ends(std::int64_t ns) {
        std::int64_t last = counted_until_.load(std::memory_order_relaxed);
        while (last < ns && !counted_until_.compare_exchange_weak(last, ns, std::memory_order_relaxed)) {
        }
        ended_.fetch_add(1, std::memory_order_release);
    }

    /// With fillers: from the begin of the first counted request to the end of the last one; k_never and 0
    /// without any.
    std::int64_t counted_from() const { return counted_from_.load(std::memory_order_relaxed); }
    std::int64_t counted_until() const { return counted_until_.load(std::memory_order_relaxed); }
    /// How much of a request's time, which has just ended, was in that time.
    std::int64_t overlap(std::int64_t start_ns, std::int64_t end_ns) const {
        if (fills_ && !counted_under_way()) end_ns = std::min(end_ns, counted_until());
        return std::max<std::int64_t>(end_ns - std::max(start_ns, counted_from()), 0);
    }

  private:
    static constexpr unsigned k_most_fillers = 100; // for each connection

    std::uint64_t requests_ = 0;
    std::atomic<std::int64_t> fillers_left_{0};
    bool fills_ = false;
    std::atomic<unsigned> idle_{0}; // connections that have had no request yet
    std::size_t endpoints_ = 1;
    std::uint64_t leading_ = 0;         // the least number of fillers before what is counted
    std::atomic<std::uint64_t> led_{0}; // so far, or more
    std::atomic<std::uint64_t> taken_{0};
    std::atomic<std::uint64_t> ended_{0};
    std::atomic<std::int64_t> counted_from_{k_never};
    std::atomic<std::int64_t> counted_until_{0};
};

} // namespace roacache::bench
