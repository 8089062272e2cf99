#pragma once

#include "src/bench/load/cache_store.hpp"
#include "src/bench/load/workers.hpp"

namespace roacache::bench {

/// Makes stampedes: removes an endpoint's entries, then sends one request for each caller at once, over
/// connections that are open already.
class Stampeder {
  public:
    /// All arguments must outlive it; `result` is of the run before, whose medians separate slow answers from
    /// fast ones where nothing better does.
    Stampeder(const Plan& plan, CacheStore& store, Workers& workers, const Result& result)
        : plan_(plan), store_(store), workers_(workers), result_(result) {}

    /// All rounds of an endpoint; fewer when interrupted, or when `hard_end_ns` comes first. Throws
    /// core::Error where the store does not remove the entries.
    Stampede run(std::size_t endpoint, std::int64_t hard_end_ns);

  private:
    ReachedBy best_proof(std::size_t endpoint);
    StampedeRound round(std::size_t endpoint, std::int64_t hard_end_ns, ReachedBy by);
    std::optional<std::uint64_t> reached(const Tally& tally, std::size_t endpoint,
                                         const StoreCounters& before, ReachedBy by);
    StoreCounters counters();

    const Plan& plan_;
    CacheStore& store_;
    Workers& workers_;
    const Result& result_;
};

} // namespace roacache::bench
