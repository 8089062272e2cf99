#pragma once

#include "src/bench/load/cache_store.hpp"
#include "src/bench/load/origin_counter.hpp"
#include "src/bench/model/result.hpp"
#include "src/store/cache_switch.hpp"

#include <functional>
#include <memory>

namespace roacache::bench {

/// How far a run is; for a progress line. Rates are of the block that runs.
struct Progress {
    std::string phase;   ///< `connecting`, `warm-up`, `cached`, `uncached`, `miss`, `single`, `up`, `down`,
                         ///< `back`, `users`, `stampede`
    unsigned block = 0;  ///< blocks done
    unsigned blocks = 0; ///< blocks in all
    std::uint64_t requests = 0; ///< ended so far, over all blocks
    std::uint64_t errors = 0;
    double fraction = 0; ///< of the run, 0..1
    double rps = 0;
};

/// Why a run that was measured so far cannot pass any more and is to end, one sentence; empty: it goes on.
using AbortWhen = std::function<std::string(const Result&)>;

/// What is behind the service that is measured, where the run needs it; null where it does not. All of it
/// outlives the run.
struct Behind {
    /// Where the plan wants it: Plan::forced, Plan::counts_in_store.
    CacheStore* store = nullptr;
    /// Asked before each block of an arm and before its first request; it takes no part in any latency.
    store::CacheSwitch* cache_switch = nullptr;
    OriginCounter* origin = nullptr; ///< where the plan has an origin_counter
};

/// Resolves every host and prepares every request; connects nothing. Throws core::Error (usage, unreachable).
class Run {
  public:
    explicit Run(Plan plan, const Behind& behind = {});
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    /// Makes sure that each server answers at all: one connection to each. Throws core::Error(unreachable),
    /// for example `cannot connect: 127.0.0.1:8080: connection refused`.
    void check_reachable();

    /// Measures. `observe` is called about five times a second from the calling thread, never from the
    /// threads that make the load; `abort_when` from one of those, between blocks, and not at a rate. Ends
    /// early, with Result::partial, within a second of core::Interrupt::requested(). What fails once the
    /// first request is sent is counted; only what is behind the service throws its core::Error, and
    /// after the first block it is Result::stopped instead.
    Result measure(const std::function<void(const Progress&)>& observe = {},
                   const AbortWhen& abort_when = {});

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace roacache::bench
