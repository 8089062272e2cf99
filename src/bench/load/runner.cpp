#include "src/bench/load/runner.hpp"

#include "src/bench/load/load.hpp"
#include "src/core/error.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace roacache::bench {
namespace {

constexpr std::chrono::milliseconds k_between_looks{200};

const char* name_of(Live::Phase phase) {
    switch (phase) {
    case Live::Phase::connecting:
        return "connecting";
    case Live::Phase::warm_up:
        return "warm-up";
    case Live::Phase::cached:
        return "cached";
    case Live::Phase::uncached:
        return "uncached";
    case Live::Phase::miss:
        return "miss";
    case Live::Phase::up:
        return "up";
    case Live::Phase::down:
        return "down";
    case Live::Phase::back:
        return "back";
    case Live::Phase::users:
        return "users";
    case Live::Phase::stampede:
        return "stampede";
    case Live::Phase::single:
        break;
    }
    return "single";
}

/// How much of the run is behind, 0..1.
double fraction(const Plan& plan, const Live& live, std::uint64_t requests) {
    const std::int64_t start = live.blocks_started_ns;
    if (start == 0) return 0;
    if (plan.duration)
        return std::clamp(static_cast<double>(core::now_ns() - start) /
                              static_cast<double>(std::max<std::int64_t>(live.blocks_end_ns - start, 1)),
                          0.0, 1.0);
    const double all =
        static_cast<double>(plan.requests) *
        static_cast<double>(plan.round_size() * plan.arms().size() * (plan.closed_loop ? 2 : 1));
    return std::min(static_cast<double>(requests) / all, 1.0);
}

Progress look(const Plan& plan, const Live& live) {
    Progress progress;
    progress.phase = name_of(live.phase);
    progress.block = live.blocks_done;
    progress.blocks = live.blocks;
    progress.requests = live.requests();
    progress.errors = live.errors();
    progress.fraction = fraction(plan, live, progress.requests);
    const std::int64_t elapsed = core::now_ns() - live.block_started_ns;
    const std::uint64_t before = live.requests_before_block;
    if (live.block_started_ns != 0 && elapsed > 0 && progress.requests >= before)
        progress.rps = static_cast<double>(progress.requests - before) * 1e9 / static_cast<double>(elapsed);
    return progress;
}

/// A thread, the end of which can be waited for with a limit; what it throws comes out of join().
class Thread {
  public:
    explicit Thread(std::function<void()> work)
        : thread_([this, work = std::move(work)] {
              try {
                  work();
              } catch (...) {
                  failure_ = std::current_exception();
              }
              const std::lock_guard lock(mutex_);
              ended_ = true;
              changed_.notify_all();
          }) {}
    ~Thread() {
        if (thread_.joinable()) thread_.join();
    }

    bool ended_within(std::chrono::milliseconds limit) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [this] { return ended_; });
    }
    void join() {
        thread_.join();
        if (failure_) std::rethrow_exception(failure_);
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

} // namespace

struct Run::State {
    State(Plan given, const Behind& given_behind)
        : plan(std::move(given)), workload(prepare(plan)), behind(given_behind) {}

    Plan plan;
    Workload workload;
    Behind behind;
    bool addresses_chosen = false;

    /// A run that was not checked needs an address that answers all the same; when none does, each request
    /// says so.
    void choose_addresses_quietly() {
        const auto has_choice = [](const Origin& origin) { return origin.addresses.size() > 1; };
        if (addresses_chosen || std::none_of(workload.origins.begin(), workload.origins.end(), has_choice))
            return;
        try {
            choose_addresses(workload, plan.tls, plan.timeout);
        } catch (const core::Error&) {
        }
    }
};

Run::Run(Plan plan, const Behind& behind) : state_(std::make_unique<State>(std::move(plan), behind)) {}
Run::~Run() = default;

void Run::check_reachable() {
    choose_addresses(state_->workload, state_->plan.tls, state_->plan.timeout);
    state_->addresses_chosen = true;
}

Result Run::measure(const std::function<void(const Progress&)>& observe, const AbortWhen& abort_when) {
    const Plan& plan = state_->plan;
    state_->choose_addresses_quietly();
    Result result;
    result.plan = plan;
    result.started_utc = core::utc_timestamp();
    Live live(plan.threads);
    live.blocks = static_cast<unsigned>(schedule(plan).size() * (plan.closed_loop ? 2 : 1));
    Thread thread([&] { Load(plan, state_->workload, state_->behind, live, result, abort_when).run(); });
    while (!thread.ended_within(k_between_looks))
        if (observe) observe(look(plan, live));
    thread.join();
    if (observe) observe(look(plan, live));
    return result;
}

} // namespace roacache::bench
