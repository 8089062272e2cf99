#include "src/bench/stampeder.hpp"

#include "src/core/clock.hpp"
#include "src/core/error.hpp"

#include <cmath>

namespace roacache::bench {
namespace {

/// How many answers took longer than half-way, by ratio, from a hit's median to a miss's.
std::optional<std::uint64_t> slow_answers(const Histogram& latency, const EndpointResult& result,
                                          ArmKind miss) {
    const auto fast = result.arms.find(ArmKind::cached), slow = result.arms.find(miss);
    if (fast == result.arms.end() || slow == result.arms.end()) return {};
    const double hit = fast->second.latency.quantile_ns(0.5), missed = slow->second.latency.quantile_ns(0.5);
    constexpr double k_told_apart = 2;
    if (!(hit > 0) || missed < k_told_apart * hit) return {};
    const double limit = std::sqrt(hit * missed);
    std::uint64_t count = 0;
    for (const Histogram::Bucket& bucket : latency.buckets())
        if (static_cast<double>(bucket.low_ns) > limit) count += bucket.count;
    return count;
}

} // namespace

StoreCounters Stampeder::counters() {
    try {
        return store_.counters();
    } catch (const core::Error&) { // a store that does not tell is no reason to end the run
        return {};
    }
}

std::optional<std::uint64_t> Stampeder::reached(const Tally& tally, std::size_t endpoint,
                                                const StoreCounters& before, ReachedBy& by) {
    const StoreCounters after = counters();
    if (before.computed && after.computed && *after.computed >= *before.computed) {
        by = ReachedBy::computations;
        return *after.computed - *before.computed;
    }
    if (plan_.hit_header) {
        by = ReachedBy::header;
        return tally.proven_misses;
    }
    if (before.misses && after.misses && *after.misses >= *before.misses) {
        by = ReachedBy::store;
        return *after.misses - *before.misses;
    }
    const auto slow = slow_answers(tally.latency, result_.endpoints[endpoint], *plan_.forced);
    by = slow ? ReachedBy::latency : ReachedBy::unknown;
    return slow;
}

StampedeRound Stampeder::round(std::size_t endpoint, std::int64_t hard_end_ns, ReachedBy& by) {
    const unsigned callers = plan_.stampede->callers;
    worker_.open_connections(callers, std::min(core::now_ns() + plan_.timeout.count(), hard_end_ns));
    store_.remove(endpoint);
    const StoreCounters before = counters();
    Worker::Outcome outcome = worker_.run({ArmKind::cached, EndpointOrder({endpoint}, callers, plan_.seed, 0),
                                           callers, Worker::k_never, hard_end_ns, nullptr});
    Tally& tally = outcome.endpoints[endpoint];
    tally.latency.merge(tally.strays); // hits and misses are what is asked about here
    StampedeRound round{tally.requests, tally.errors, tally.latency, {}};
    round.reached = reached(tally, endpoint, before, by);
    return round;
}

Stampede Stampeder::run(std::size_t endpoint, std::int64_t hard_end_ns) {
    Stampede stampede;
    for (unsigned i = 0; i < plan_.stampede->rounds; ++i) {
        if (worker_.interrupted() || core::now_ns() >= hard_end_ns) break;
        StampedeRound next = round(endpoint, hard_end_ns, stampede.by);
        if (worker_.interrupted()) break; // not all callers were answered
        stampede.rounds.push_back(std::move(next));
    }
    return stampede;
}

} // namespace roacache::bench
