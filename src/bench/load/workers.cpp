#include "src/bench/load/workers.hpp"

#include "src/core/clock.hpp"

#include <algorithm>

namespace roacache::bench {
namespace {

/// Until a schedule begins for several threads, so that all of them are awake by then.
constexpr std::int64_t k_waking_ns = 1'000'000;

/// What one thread did of a job, to what others did of it.
void add(Worker::Outcome& all, Worker::Outcome&& part) {
    if (part.begun) {
        if (all.begun)
            all.gaps.overlap(part.gaps);
        else
            all.gaps = std::move(part.gaps);
        all.started_ns = all.begun ? std::min(all.started_ns, part.started_ns) : part.started_ns;
        all.ended_ns = std::max(all.ended_ns, part.ended_ns);
        all.begun = true;
    }
    all.thread_time += part.thread_time;
    all.bins.merge(part.bins);
    all.under_way_ns += part.under_way_ns;
    all.taken_up_ns += part.taken_up_ns;
    for (auto& [endpoint, signs] : part.signs)
        all.signs[endpoint] = std::move(signs);
    if (all.endpoints.empty()) {
        all.endpoints = std::move(part.endpoints);
        return;
    }
    for (std::size_t i = 0; i < all.endpoints.size(); ++i)
        all.endpoints[i].merge(part.endpoints[i]);
}

} // namespace

Workers::Workers(const Plan& plan, const Workload& workload)
    : workload_(workload), references_(Checker::variants_compared(plan)), rotation_(plan.endpoints.size()),
      team_(plan.threads) {
    for (std::size_t i = 0; i < plan.threads; ++i) {
        checkers_.emplace_back(plan, references_);
        workers_.emplace_back(plan, workload, rotation_, checkers_.back(), Part{i, plan.threads});
    }
}

Worker::Outcome Workers::run(Worker::Job job) {
    const std::uint64_t most = job.fillers ? job.concurrency : job.order.size();
    const auto callers =
        static_cast<std::size_t>(std::clamp<std::uint64_t>(most, 1, std::max(job.concurrency, 1U)));
    const std::size_t members = std::min(workers_.size(), callers);
    std::vector<Worker::Outcome> parts(members);
    const unsigned connections = job.fillers ? std::max(job.concurrency, 1U) : 0;
    loop_.begin(job.order.size(), connections, workload_.endpoints.size());
    team_.work(members, [&](std::size_t member) {
        parts[member] = workers_[member].run(job, {member, members}, loop_);
    });
    Worker::Outcome all;
    for (Worker::Outcome& part : parts)
        add(all, std::move(part));
    return all;
}

std::vector<Worker::Outcome> Workers::run_at_rate(std::vector<Worker::Job> jobs, double per_second) {
    if (jobs.empty()) return {};
    const std::size_t members = std::min<std::size_t>(workers_.size(), jobs.front().concurrency);
    const Worker::Series series{std::move(jobs), 1e9 / per_second,
                                core::now_ns() + (members > 1 ? k_waking_ns : 0)};
    std::vector<std::vector<Worker::Outcome>> parts(members);
    team_.work(members, [&](std::size_t member) {
        parts[member] = workers_[member].run_at_rate(series, {member, members});
    });
    std::vector<Worker::Outcome> all(series.jobs.size());
    for (std::vector<Worker::Outcome>& part : parts)
        for (std::size_t i = 0; i < part.size(); ++i)
            add(all[i], std::move(part[i]));
    for (std::size_t i = 0; i + 1 < all.size(); ++i)
        if (all[i + 1].begun) all[i].ended_ns = std::max(all[i].started_ns, all[i + 1].started_ns);
    return all;
}

bool Workers::interrupted() const {
    return std::any_of(workers_.begin(), workers_.end(),
                       [](const Worker& worker) { return worker.interrupted(); });
}

void Workers::open_connections(std::size_t callers, std::int64_t limit_ns) {
    if (interrupted()) return;
    std::vector<std::size_t> kept_alive;
    for (std::size_t origin = 0; origin < workload_.origins.size(); ++origin)
        if (workers_.front().has_first(origin)) kept_alive.push_back(origin);
    if (kept_alive.empty()) return;
    const std::size_t members = std::min(workers_.size(), callers);
    team_.work(members, [&](std::size_t member) {
        const Part part{member, members};
        workers_[member].open_connections(kept_alive, part.share(callers), limit_ns);
    });
}

Connecting Workers::connecting() const {
    Connecting all;
    for (const Worker& worker : workers_)
        all.merge(worker.connecting());
    return all;
}

Checker Workers::checked() const {
    Checker all = checkers_.front();
    for (std::size_t i = 1; i < checkers_.size(); ++i)
        all.merge(checkers_[i]);
    return all;
}

} // namespace roacache::bench
