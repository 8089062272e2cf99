// How a block runs is in load_blocks.cpp, what comes after the blocks in load_alone.cpp, what ends a run
// early in load_checks.cpp.

#include "src/bench/load/load.hpp"

#include "src/bench/load/stalls.hpp"
#include "src/bench/load/stampeder.hpp"
#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <poll.h>
#include <utility>

namespace roacache::bench {
namespace {

/// A schedule seldom needs more at once; where it does, it connects on the way.
constexpr unsigned k_opened_at_rate = 10;

/// So that a server that is gone is not hammered with rounds of requests: 2 ms after the first that brought
/// no response, longer each time up to 100 ms, and not for longer than 5 s in all. Ends early when
/// interrupted.
class FailingPauses {
  public:
    void after(bool answered) {
        if (answered) *this = {};
        if (answered || paused_ms_ >= k_most_ms) return;
        next_ms_ = std::min(2 * next_ms_, k_longest_ms);
        paused_ms_ += next_ms_;
        pollfd interrupt{core::Interrupt::fd(), POLLIN, 0};
        poll(&interrupt, 1, next_ms_);
    }

  private:
    static constexpr int k_longest_ms = 100, k_most_ms = 5000;
    int next_ms_ = 1;
    int paused_ms_ = 0;
};

bool contains(const std::vector<std::size_t>& round, std::size_t endpoint) {
    return std::find(round.begin(), round.end(), endpoint) != round.end();
}

Live::Phase phase_of(ArmKind arm) {
    switch (arm) {
    case ArmKind::cached:
        return Live::Phase::cached;
    case ArmKind::uncached:
        return Live::Phase::uncached;
    case ArmKind::miss:
        return Live::Phase::miss;
    case ArmKind::up:
        return Live::Phase::up;
    case ArmKind::down:
        return Live::Phase::down;
    case ArmKind::back:
        return Live::Phase::back;
    case ArmKind::single:
        break;
    }
    return Live::Phase::single;
}

/// Uncached first: its response is what the others are held against. A drill's cache is only stopped when its
/// time has come.
std::vector<ArmKind> preparing_order(const Plan& plan) {
    if (plan.drill) return {ArmKind::up};
    std::vector<ArmKind> arms = plan.arms();
    std::reverse(arms.begin(), arms.end());
    return arms;
}

} // namespace

Load::Load(const Plan& plan, const Workload& workload, const Behind& behind, Live& live, Result& result,
           const AbortWhen& abort_when)
    : plan_(plan), workload_(workload), behind_(behind), store_(behind.store), switch_(behind.cache_switch),
      live_(live), result_(result), abort_when_(abort_when), workers_(plan, workload),
      begin_ns_(core::now_ns()) {
    if (plan.duration) {
        preparing_until_ = begin_ns_ + std::max(*plan.duration / 2, plan.timeout).count();
        hard_end_ = preparing_until_ + plan.timeout.count();
    }
    result_.endpoints = unmeasured_endpoints(plan);
    loops_.push_back({plan_, result_});
    if (!plan.closed_loop) return;
    closed_plan_ = plan.as_closed_loop();
    result_.closed_loop = std::make_shared<Result>();
    result_.closed_loop->plan = *closed_plan_;
    result_.closed_loop->endpoints = result_.endpoints;
    loops_.push_back({*closed_plan_, *result_.closed_loop});
}

void Load::run() {
    live_.phase = Live::Phase::warm_up;
    for (Loop& loop : loops_)
        if (plan_.counts_in_store) loop.watcher.emplace(*store_);
    if (behind_.origin != nullptr) origin_.emplace(*behind_.origin, switch_ == nullptr);
    find_entries();
    for (const ArmKind arm : preparing_order(plan_))
        prepare(arm);
    open_connections();
    as_far_as_it_goes(&Load::run_blocks);
    sum_up();
    as_far_as_it_goes(&Load::run_alone);
    as_far_as_it_goes(&Load::check_users);
    as_far_as_it_goes(&Load::run_stampedes);
}

/// What was measured until something failed is not lost.
void Load::as_far_as_it_goes(void (Load::*part)()) {
    if (result_.stopped || !result_.aborted.empty()) return;
    try {
        (this->*part)();
    } catch (const core::Error& error) {
        const bool interrupted = core::Interrupt::requested();
        if (!interrupted && result_.blocks.empty()) throw;
        result_.partial = true;
        if (!interrupted) result_.stopped = error;
    }
}

/// Asks each endpoint once, so that it has entries.
void Load::find_entries() {
    if (!plan_.forced) return;
    switch_to(ArmKind::cached);
    for (std::size_t endpoint = 0; endpoint < workload_.endpoints.size(); ++endpoint)
        workers_.run({ArmKind::cached, EndpointOrder({endpoint}, 1, plan_.seed, 0), 1, preparing_until_,
                      hard_end_, nullptr});
    if (!workers_.interrupted()) store_->find_entries();
}

/// Runs the job. Where its requests are to be misses: in rounds of at most one request for each endpoint,
/// each round after its entries were removed.
Worker::Outcome Load::run_requests(Worker::Job job) {
    if (job.arm != plan_.forced) return workers_.run(std::move(job));
    Worker::Outcome all{core::now_ns(), 0, std::vector<Tally>(workload_.endpoints.size()), {}, {}, true};
    std::int64_t busy_ns = 0;
    std::optional<std::size_t> next = job.order.next();
    FailingPauses pauses;
    while (next && !workers_.interrupted() && core::now_ns() < std::min(job.issue_until, job.hard_end)) {
        std::vector<std::size_t> round;
        for (; next && round.size() < job.concurrency && !contains(round, *next); next = job.order.next())
            round.push_back(*next);
        for (const std::size_t endpoint : round)
            store_->remove(endpoint);
        Worker::Job part{job.arm,         EndpointOrder(round, 1, plan_.seed, 0),
                         job.concurrency, job.issue_until,
                         job.hard_end,    job.live};
        part.reads_signs = job.reads_signs;
        const Worker::Outcome outcome = workers_.run(std::move(part));
        busy_ns += outcome.ended_ns - outcome.started_ns;
        all.thread_time += outcome.thread_time;
        all.gaps.merge(outcome.gaps);
        all.bins.merge(outcome.bins);
        all.under_way_ns += outcome.under_way_ns;
        for (const auto& [endpoint, signs] : outcome.signs)
            all.signs[endpoint] = signs;
        const bool answered = std::any_of(outcome.endpoints.begin(), outcome.endpoints.end(),
                                          [](const Tally& tally) { return !tally.statuses.empty(); });
        pauses.after(answered);
        for (std::size_t i = 0; i < all.endpoints.size(); ++i)
            all.endpoints[i].merge(outcome.endpoints[i]);
    }
    all.ended_ns = all.started_ns + busy_ns;
    return all;
}

std::vector<std::size_t> Load::all_endpoints() const {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < plan_.endpoints.size(); ++i)
        all.insert(all.end(), plan_.endpoints[i].weight, i);
    return all;
}

void Load::switch_to(ArmKind arm) {
    if (workers_.interrupted() || switch_ == nullptr) return;
    const bool on = arm != ArmKind::uncached && arm != ArmKind::down;
    if (plan_.drill && std::exchange(cache_is_on_, on) == on) return;
    switch_->set(on);
    if (!core::Interrupt::requested()) open_connections(); // the workers see an interrupt
}

void Load::prepare(ArmKind arm) {
    switch_to(arm);
    for (std::size_t endpoint = 0; endpoint < workload_.endpoints.size(); ++endpoint)
        first_request(endpoint, arm);
    check_protocol(arm);
    if (workers_.interrupted() || plan_.warmup == 0) return;
    const Worker::Outcome outcome =
        run_beforehand(arm, EndpointOrder(all_endpoints(), plan_.warmup, plan_.seed, 0), plan_.concurrency);
    for (const Tally& tally : outcome.endpoints)
        warm_[arm].merge(tally);
    latency_ns_[arm] = warm_[arm].latency.mean_ns();
    check_in_time(arm, outcome);
}

/// Requests that are in no block; what their answers say of caches is kept.
Worker::Outcome Load::run_beforehand(ArmKind arm, EndpointOrder order, unsigned concurrency) {
    Worker::Job job{arm, std::move(order), concurrency, preparing_until_, hard_end_, nullptr};
    job.reads_signs = true;
    Worker::Outcome outcome = run_requests(std::move(job));
    keep_signs(arm, outcome);
    return outcome;
}

void Load::keep_signs(ArmKind arm, const Worker::Outcome& outcome) {
    for (const auto& [endpoint, signs] : outcome.signs)
        result_.endpoints[endpoint].signs[arm] = signs;
}

/// In its first block, where the first request of all is over, which fills the cache whatever asks it. Not
/// where each request is made a miss.
bool Load::reads_signs_now(ArmKind arm) {
    return arm != plan_.forced && signs_read_.insert(arm).second;
}

unsigned Load::pairs_within(core::Nanoseconds duration) const {
    // As many latencies as a block with its fillers should last, so that half of it counts.
    constexpr double k_least_latencies = 6;
    double pair_ns = 0;
    for (const auto& [arm, tally] : warm_)
        if (const Histogram ranked = tally.ranked(); !ranked.empty())
            pair_ns += k_least_latencies * ranked.mean_ns();
    const double fit = pair_ns > 0 ? static_cast<double>(duration.count()) / pair_ns : plan_.blocks;
    return static_cast<unsigned>(
        std::clamp<double>(fit, std::min<double>(k_least_blocks, plan_.blocks), plan_.blocks));
}

void Load::first_request(std::size_t endpoint, ArmKind arm) {
    if (workers_.interrupted()) return;
    workers_.close_first(workload_.target(arm, endpoint)->origin);
    const Worker::Outcome outcome = run_beforehand(arm, EndpointOrder({endpoint}, 1, plan_.seed, 0), 1);
    const Tally& tally = outcome.endpoints[endpoint];
    EndpointResult& result = result_.endpoints[endpoint];
    if (!tally.latency.empty()) result.first_ms[arm] = core::to_ms(tally.latency.mean_ns());
    if (!tally.errors.empty()) result.first_error[arm] = tally.errors.begin()->first;
}

void Load::open_connections() {
    const unsigned at_rate = std::min(std::max(k_opened_at_rate, plan_.threads), plan_.concurrency);
    workers_.open_connections(
        std::max(plan_.rate ? at_rate : plan_.concurrency, plan_.closed_loop.value_or(0)),
        std::min(core::now_ns() + plan_.timeout.count(), preparing_until_));
}

void Load::run_blocks() {
    const std::int64_t start = core::now_ns();
    const std::int64_t end = plan_.duration ? start + plan_.duration->count() : Worker::k_never;
    if (plan_.duration) hard_end_ = end + plan_.timeout.count();
    live_.blocks_end_ns = end;
    live_.blocks_started_ns = start;
    Plan plan = plan_;
    if (plan.duration && !plan.rate && plan.concurrency > 1) plan.blocks = pairs_within(*plan.duration);
    live_.blocks = static_cast<unsigned>(bench::schedule(plan).size() * loops_.size());
    const std::vector<LoopTurn> all = loop_turns(plan);
    unsigned pairs_left = plan.pairs() * static_cast<unsigned>(loops_.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::int64_t now = i == 0 ? start : core::now_ns(); // the first has its time to the full
        if (workers_.interrupted() || now >= end || !result_.aborted.empty()) break;
        const double part = i + 1 == all.size() ? 1 : static_cast<double>(all[i].pairs) / pairs_left;
        const auto share = static_cast<std::int64_t>(static_cast<double>(end - now) * part);
        pairs_left -= all[i].pairs;
        Loop& loop = all[i].closed_loop ? loops_.back() : loops_.front();
        const Plan& scheduled = plan_.rate ? loop.plan : plan;
        const auto blocks = schedule(scheduled, all[i], core::Nanoseconds(share));
        if (loop.plan.rate)
            run_at_rate(loop, blocks);
        else
            run_closed(loop, blocks, plan_.duration ? now + share : Worker::k_never);
    }
    // A hook may have been what an interrupt ended, of which the workers know nothing yet.
    result_.partial = workers_.interrupted() || core::Interrupt::requested() || !result_.aborted.empty();
}

void Load::run_stampedes() {
    if (!plan_.stampede) return;
    live_.phase = Live::Phase::stampede;
    switch_to(ArmKind::cached);
    Stampeder stampeder(plan_, *store_, workers_, result_);
    for (std::size_t i = 0; i < result_.endpoints.size() && !workers_.interrupted(); ++i)
        result_.endpoints[i].stampede = stampeder.run(i, hard_end_);
    result_.partial = result_.partial || workers_.interrupted();
}

/// The requests that count are the last of those that were chosen.
void Load::note_asked_before() {
    if (plan_.single) return;
    for (std::size_t i = 0; i < plan_.endpoints.size(); ++i) {
        const std::uint64_t chosen = workers_.chosen(ArmKind::cached, i);
        if (chosen == 0) continue;
        const auto requests_of = [&](const Loop& loop) {
            return loop.result.endpoints[i].of(ArmKind::cached).requests;
        };
        std::uint64_t counted = 0;
        for (const Loop& loop : loops_)
            counted += requests_of(loop);
        const Choices choices(plan_.endpoints[i].asked_with(), plan_.seed);
        const auto all = choices.repeated(chosen),
                   before = choices.repeated(chosen - std::min(counted, chosen));
        if (!all || !before) continue;
        // Both loops ask in turns, so that each has its share of the repeats.
        const double share =
            counted == 0 ? 0 : static_cast<double>(*all - *before) / static_cast<double>(counted);
        for (Loop& loop : loops_) {
            const std::uint64_t its = requests_of(loop);
            const auto repeats = static_cast<std::uint64_t>(std::llround(share * static_cast<double>(its)));
            loop.result.endpoints[i].asked_before = std::min(repeats, its);
        }
    }
}

void Load::sum_up() {
    for (Loop& loop : loops_) {
        if (loop.watcher) loop.result.store = loop.watcher->watch();
        loop.result.stalls = stalls_of(loop.gaps, begin_ns_);
        loop.result.move_misplaced();
        loop.result.sum_up_blocks();
    }
    note_asked_before();
    if (origin_) result_.origin = origin_->watch();
    result_.connecting = workers_.connecting();
    const Checker checked = workers_.checked();
    for (std::size_t i = 0; i < result_.endpoints.size(); ++i)
        result_.endpoints[i].equality = checked.equality(i);
    result_.shared_entries = checked.shared_entries();
}

} // namespace roacache::bench
