#include "src/bench/load/stampeder.hpp"

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
    constexpr double k_least_ratio = 2;
    if (!(hit > 0) || missed < k_least_ratio * hit) return {};
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
    } catch (const core::Error&) { // a store without counters is no reason to end the run
        return {};
    }
}

ReachedBy Stampeder::best_proof(std::size_t endpoint) {
    const StoreCounters known = counters();
    if (known.computed) return ReachedBy::computations;
    if (plan_.proves_hits()) return ReachedBy::header;
    if (known.misses) return ReachedBy::store;
    const bool distinguishable = slow_answers({}, result_.endpoints[endpoint], *plan_.forced).has_value();
    return distinguishable ? ReachedBy::latency : ReachedBy::unknown;
}

std::optional<std::uint64_t> Stampeder::reached(const Tally& tally, std::size_t endpoint,
                                                const StoreCounters& before, ReachedBy by) {
    const auto grown = [](std::optional<std::uint64_t> from, std::optional<std::uint64_t> to) {
        return from && to && *to >= *from ? std::optional(*to - *from) : std::nullopt;
    };
    if (by == ReachedBy::computations) return grown(before.computed, counters().computed);
    if (by == ReachedBy::store) return grown(before.misses, counters().misses);
    // What failed may have reached the origin and may not.
    if (by == ReachedBy::unknown || !tally.errors.empty()) return {};
    if (by == ReachedBy::header) return tally.proven_misses;
    return slow_answers(tally.latency, result_.endpoints[endpoint], *plan_.forced);
}

StampedeRound Stampeder::round(std::size_t endpoint, std::int64_t hard_end_ns, ReachedBy by) {
    const unsigned callers = plan_.stampede->callers;
    workers_.open_connections(callers, std::min(core::now_ns() + plan_.timeout.count(), hard_end_ns));
    store_.remove(endpoint);
    const StoreCounters before = counters();
    Worker::Outcome outcome =
        workers_.run({ArmKind::cached, EndpointOrder({endpoint}, callers, plan_.seed, 0), callers,
                      Worker::k_never, hard_end_ns, nullptr});
    Tally& tally = outcome.endpoints[endpoint];
    tally.latency.merge(tally.misplaced); // hits and misses are what is asked about here
    StampedeRound round{tally.requests, tally.errors, tally.latency, {}};
    round.reached = reached(tally, endpoint, before, by);
    return round;
}

Stampede Stampeder::run(std::size_t endpoint, std::int64_t hard_end_ns) {
    Stampede stampede;
    stampede.by = best_proof(endpoint);
    for (unsigned i = 0; i < plan_.stampede->rounds; ++i) {
        if (workers_.interrupted() || core::now_ns() >= hard_end_ns) break;
        StampedeRound next = round(endpoint, hard_end_ns, stampede.by);
        // Not all callers were given the time to be answered.
        if (workers_.interrupted() || core::now_ns() >= hard_end_ns) break;
        stampede.rounds.push_back(std::move(next));
    }
    return stampede;
}

} // namespace roacache::bench
