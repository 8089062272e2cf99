// How the blocks of a run are run and kept; the rest of a run is in load.cpp.

#include "src/bench/load/load.hpp"
#include "src/core/clock.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace roacache::bench {
namespace {

constexpr double k_longest_spread_ns = 1e9;

double seconds(std::int64_t ns) {
    return static_cast<double>(ns) / 1e9;
}

} // namespace

void Load::run_closed(Loop& loop, const std::vector<ScheduledBlock>& blocks, std::int64_t end) {
    std::int64_t share = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const std::int64_t now = core::now_ns();
        if (workers_.interrupted() || now >= end) break;
        const bool begins_pair = i == 0 || blocks[i].pair != blocks[i - 1].pair;
        switch_to(blocks[i].arm);
        if (begins_pair) share = (end - now) / static_cast<std::int64_t>(blocks.size() - i);
        const std::int64_t issue_until = plan_.duration ? std::min(now + share, end) : Worker::k_never;
        const std::int64_t at_last = plan_.duration ? std::min(now + 2 * share, end) : Worker::k_never;
        run_block(loop, blocks[i], issue_until, at_last);
        ++live_.blocks_done;
        look_whether_to_abort(loop);
        if (!result_.aborted.empty()) break;
    }
}

void Load::run_block(Loop& loop, const ScheduledBlock& scheduled, std::int64_t issue_until,
                     std::int64_t at_last) {
    begin_block(scheduled.arm, live_.blocks_done);
    if (loop.watcher) loop.watcher->begin();
    Worker::Job job = job_of(scheduled, loop.plan.concurrency);
    job.issue_until = issue_until;
    job.at_last = at_last;
    job.live = &live_;
    job.reads_signs = reads_signs_now(scheduled.arm);
    std::optional<std::uint64_t> origin_queries;
    Worker::Outcome outcome = run_counted(std::move(job), origin_queries);
    if (loop.watcher && core::now_ns() < hard_end_) loop.watcher->end(scheduled.arm);
    keep_block(loop, scheduled, std::move(outcome), origin_queries);
}

Worker::Outcome Load::run_counted(Worker::Job job, std::optional<std::uint64_t>& origin_queries) {
    if (!origin_) return run_requests(std::move(job));
    origin_->begin();
    Worker::Outcome outcome = run_requests(std::move(job));
    if (!workers_.interrupted()) origin_queries = origin_->end();
    return outcome;
}

/// A block of a closed loop.
Worker::Job Load::job_of(const ScheduledBlock& scheduled, unsigned concurrency) const {
    Worker::Job job{scheduled.arm,
                    EndpointOrder(all_endpoints(), scheduled.requests, plan_.seed, scheduled.pair + 1),
                    concurrency, Worker::k_never, hard_end_};
    job.fillers.emplace(all_endpoints(), std::nullopt, ~plan_.seed, scheduled.pair + 1);
    job.least_counted = concurrency;
    // Requests that begin together stay together for long, and wait for one another at the service.
    if (const auto last = latency_ns_.find(scheduled.arm); last != latency_ns_.end())
        job.spread_ns = std::llround(std::min(last->second, k_longest_spread_ns));
    return job;
}

void Load::run_at_rate(Loop& loop, const std::vector<ScheduledBlock>& blocks) {
    const unsigned done = live_.blocks_done;
    std::vector<Worker::Job> jobs;
    jobs.reserve(blocks.size());
    for (const ScheduledBlock& block : blocks) {
        jobs.push_back({block.arm, EndpointOrder(all_endpoints(), block.requests, plan_.seed, block.pair + 1),
                        loop.plan.concurrency, Worker::k_never, hard_end_, &live_,
                        [this, arm = block.arm, before = done + static_cast<unsigned>(jobs.size())] {
                            begin_block(arm, before);
                        }});
        jobs.back().reads_signs = reads_signs_now(block.arm);
    }
    std::vector<Worker::Outcome> outcomes;
    if (loop.watcher) loop.watcher->begin();
    if (!workers_.interrupted()) outcomes = workers_.run_at_rate(std::move(jobs), *loop.plan.rate);
    if (loop.watcher && core::now_ns() < hard_end_) loop.watcher->end({});
    for (std::size_t i = 0; i < outcomes.size(); ++i)
        keep_block(loop, blocks[i], std::move(outcomes[i]));
    live_.blocks_done = static_cast<unsigned>(done + blocks.size());
}

void Load::begin_block(ArmKind arm, unsigned blocks_done) {
    live_.phase = phase_of(arm);
    live_.blocks_done = blocks_done;
    live_.requests_before_block = live_.requests();
    live_.block_started_ns = core::now_ns();
}

void Load::keep_block(Loop& loop, const ScheduledBlock& scheduled, Worker::Outcome outcome,
                      std::optional<std::uint64_t> origin_queries) {
    keep_signs(scheduled.arm, outcome);
    std::uint64_t requests = 0;
    for (const Tally& tally : outcome.endpoints)
        requests += tally.requests;
    if (requests == 0) return;
    loop.gaps[scheduled.arm].merge(outcome.gaps);
    Block block{scheduled.pair, scheduled.arm, seconds(outcome.started_ns - begin_ns_),
                seconds(outcome.ended_ns - outcome.started_ns), std::move(outcome.endpoints)};
    block.origin_queries = origin_queries;
    block.cpu_seconds = outcome.thread_time.running;
    block.waiting_seconds = outcome.thread_time.waiting;
    block.bins = outcome.bins.bins(begin_ns_);
    if (!loop.plan.rate && block.seconds > 0) {
        block.wall_seconds = block.seconds;
        block.under_way = seconds(outcome.under_way_ns) / block.seconds;
        if (outcome.taken_up_ns > 0) block.seconds = seconds(outcome.taken_up_ns) / loop.plan.concurrency;
        latency_ns_[block.arm] = 1e9 * block.seconds * loop.plan.concurrency / static_cast<double>(requests);
    }
    loop.result.blocks.push_back(std::move(block));
}

} // namespace roacache::bench
