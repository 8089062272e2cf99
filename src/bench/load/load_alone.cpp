// What comes after the blocks: what the cached arm does on its own, and whether users get their own answers.
// The rest of a run is in load.cpp.

#include "src/bench/load/load.hpp"
#include "src/bench/load/user_checker.hpp"
#include "src/core/clock.hpp"
#include "src/core/interrupt.hpp"

#include <algorithm>
#include <cmath>

namespace roacache::bench {

/// Makes as many requests as the cached arm had, for a tenth of the time of the blocks at most. Of a short
/// run that may be half of it, up to two seconds, for else entries that live for a moment hardly expire.
/// Where entries are seen to expire while the other arm runs, it makes all of them, or takes a quarter of the
/// time that was asked for.
void Load::run_alone() {
    constexpr std::int64_t k_short_ns = 2'000'000'000;
    if (plan_.single || plan_.rate || !plan_.proves_hits() || result_.partial || result_.blocks.empty())
        return;
    if (result_.pooled(ArmKind::cached).proven_hits == 0) return;
    live_.phase = Live::Phase::cached;
    switch_to(ArmKind::cached);
    result_.alone = std::make_shared<Result>();
    result_.alone->plan = plan_;
    result_.alone->endpoints = unmeasured_endpoints(plan_);
    Loop loop{plan_, *result_.alone};
    const std::int64_t begin = core::now_ns();
    std::int64_t length = begin - begin_ns_ - std::llround(result_.begin_of_blocks() * 1e9);
    if (!result_.entries_expire_meanwhile())
        length = std::max(length / 10, std::min(length / 2, k_short_ns));
    else if (plan_.duration)
        length = plan_.duration->count() / 4;
    if (plan_.duration) hard_end_ = begin + length + plan_.timeout.count();
    std::optional<std::uint64_t> requests; // of an endpoint
    unsigned blocks = k_least_blocks;
    if (!plan_.duration) {
        const std::uint64_t fit =
            plan_.requests * plan_.round_size() / (std::uint64_t{3} * plan_.concurrency);
        blocks = static_cast<unsigned>(std::clamp<std::uint64_t>(fit, 1, k_least_blocks));
        requests = (plan_.requests + blocks - 1) / blocks;
    }
    for (unsigned i = 0; i < blocks && !workers_.interrupted(); ++i) {
        const ScheduledBlock scheduled{i, ArmKind::cached, requests};
        Worker::Job job = job_of(scheduled, plan_.concurrency);
        job.issue_until = begin + length * (i + 1) / blocks;
        job.at_last = std::max(core::now_ns(), job.issue_until) + length / blocks;
        job.compares = false;
        std::optional<std::uint64_t> origin_queries;
        Worker::Outcome outcome = run_counted(std::move(job), origin_queries);
        keep_block(loop, scheduled, std::move(outcome), origin_queries);
    }
    if (origin_) result_.origin = origin_->watch();
    result_.alone->move_misplaced();
    result_.alone->sum_up_blocks();
    if (result_.alone->blocks.empty()) result_.alone.reset();
    result_.partial = workers_.interrupted();
}

void Load::check_users() {
    if (plan_.user_tokens.empty() || result_.partial) return;
    live_.phase = Live::Phase::users;
    result_.users = UserChecker(plan_, behind_).check();
    result_.partial = result_.partial || core::Interrupt::requested();
}

} // namespace roacache::bench
