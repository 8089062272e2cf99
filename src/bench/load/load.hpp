#pragma once

#include "src/bench/load/cache_store.hpp"
#include "src/bench/load/live.hpp"
#include "src/bench/load/origin_watcher.hpp"
#include "src/bench/load/runner.hpp"
#include "src/bench/load/store_watcher.hpp"
#include "src/bench/load/workers.hpp"
#include "src/store/cache_switch.hpp"

#include <set>

namespace roacache::bench {

/// A whole run, over all threads: each arm's first requests and warm-up, then block after block.
///
/// With a duration all blocks end within that and one timeout of the first one's begin, whatever the servers
/// do, and share it evenly. The requests before them may take half of it or one timeout more, whichever is
/// longer, before the next of them is left out.
///
/// A switch that fails ends the run, and so does a store that does not remove the entries of forced misses:
/// before the first block run() throws its core::Error, later that is Result::stopped. A store that does not
/// report its counters is only noted, and so is a counter of the origin that stops telling; one that cannot
/// be read at all makes run() throw before anything is sent.
///
/// At a given rate the blocks are one series without a break: a stall that lasts beyond a block would hide in
/// the pause before the next. Where a closed loop takes turns with it, there is a series for each of its
/// turns, at whose end a stall is cut off.
class Load {
  public:
    /// All arguments must outlive it. `result` is filled by run(): endpoints, blocks, seconds, store, closed,
    /// partial, aborted. `abort_when` is asked after each block of a closed loop. `store` may be null where
    /// the plan neither forces misses nor counts in it, `cache_switch` where nothing switches the cache,
    /// `origin` where the plan names no counter.
    Load(const Plan& plan, const Workload& workload, const Behind& behind, Live& live, Result& result,
         const AbortWhen& abort_when);

    void run();

  private:
    /// What is measured under one load model.
    struct Loop {
        const Plan& plan;
        Result& result;
        std::map<ArmKind, ResponseGaps> gaps = {}; // of the blocks
        std::optional<StoreWatcher> watcher = {};
    };

    void find_entries();
    void prepare(ArmKind arm);
    void check_protocol(ArmKind arm) const;
    void look_whether_to_abort(const Loop& loop);
    void check_in_time(ArmKind arm, const Worker::Outcome& outcome) const;
    void first_request(std::size_t endpoint, ArmKind arm);
    void open_connections();
    void switch_to(ArmKind arm);
    Worker::Outcome run_requests(Worker::Job job);
    Worker::Outcome run_beforehand(ArmKind arm, EndpointOrder order, unsigned concurrency);
    void keep_signs(ArmKind arm, const Worker::Outcome& outcome);
    bool reads_signs_now(ArmKind arm);
    void run_blocks();
    void run_closed(Loop& loop, const std::vector<ScheduledBlock>& blocks, std::int64_t end);
    void run_block(Loop& loop, const ScheduledBlock& scheduled, std::int64_t issue_until,
                   std::int64_t at_last);
    Worker::Job job_of(const ScheduledBlock& scheduled, unsigned concurrency) const;
    void run_at_rate(Loop& loop, const std::vector<ScheduledBlock>& blocks);
    void begin_block(ArmKind arm, unsigned blocks_done);
    /// Runs the job and counts what it asks of the origin.
    Worker::Outcome run_counted(Worker::Job job, std::optional<std::uint64_t>& origin_queries);
    void keep_block(Loop& loop, const ScheduledBlock& scheduled, Worker::Outcome outcome,
                    std::optional<std::uint64_t> origin_queries = {});
    void as_far_as_it_goes(void (Load::*part)());
    void note_asked_before();
    void sum_up();
    void run_alone();
    void check_users();
    void run_stampedes();
    /// Each as often as it weighs.
    std::vector<std::size_t> all_endpoints() const;
    /// So many pairs of blocks fit, at the latencies of the warm-up.
    unsigned pairs_within(core::Nanoseconds duration) const;

    const Plan& plan_;
    const Workload& workload_;
    Behind behind_;
    CacheStore* store_;
    store::CacheSwitch* switch_;
    std::optional<OriginWatcher> origin_;
    Live& live_;
    Result& result_;
    const AbortWhen& abort_when_;
    std::optional<Plan> closed_plan_;      // of the closed loop that alternates with it
    std::map<ArmKind, Tally> warm_;        // the warm-up, all endpoints together
    std::map<ArmKind, double> latency_ns_; // of a request of a closed loop, the last time the arm ran
    std::set<ArmKind> signs_read_;         // in a block of theirs
    std::vector<Loop> loops_;              // the plan's own, then the closed one that alternates with it
    Workers workers_;
    bool cache_is_on_ = true; // of a drill, which switches it twice
    std::int64_t begin_ns_;
    std::int64_t preparing_until_ = Worker::k_never; // no first request and no warm-up begins from then on
    std::int64_t hard_end_ = Worker::k_never;
};

} // namespace roacache::bench
