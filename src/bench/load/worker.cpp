#include "src/bench/load/worker.hpp"

#include "src/bench/load/connections.hpp"
#include "src/bench/load/events.hpp"
#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <limits>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>

namespace roacache::bench {
namespace {

constexpr std::uint64_t k_interrupt_tag = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t k_tick_tag = k_interrupt_tag - 1;
constexpr std::uint64_t k_least_for_ticker = 32; // requests
constexpr std::size_t k_buffer_size = std::size_t{64} * 1024;
constexpr std::int64_t k_millisecond = 1'000'000;
constexpr std::int64_t k_longest_wait = 250 * k_millisecond;
constexpr std::int64_t k_longest_await = 20 * k_millisecond; // two ticks of the slowest kernels
constexpr unsigned k_longest_pause_shift = 7;                // 128 ms, cut to 100
constexpr std::int64_t k_longest_pause = 100 * k_millisecond;
constexpr std::int64_t k_most_pausing = 5000 * k_millisecond;

} // namespace

Worker::Worker(const Plan& plan, const Workload& workload, Rotation& rotation, Checker& checker, Part part)
    : plan_(plan), workload_(workload), rotation_(rotation), checker_(checker),
      epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(k_buffer_size), number_(part.index),
      timeout_ns_(plan.timeout.count()) {
    if (epoll_ < 0)
        throw core::Error(core::ExitCode::bug, "cannot measure: epoll: " + core::errno_text(errno));
    if (core::Interrupt::fd() >= 0) watch_readable(epoll_, core::Interrupt::fd(), k_interrupt_tag);
    const std::size_t slots = part.share<std::size_t>(plan.most_callers());
    slots_.reserve(slots);
    for (std::size_t i = 0; i < slots; ++i)
        slots_.emplace_back(i);
    connections_ = make_connections(plan, slots, workload.origins.size(), busy_);
}

Worker::~Worker() {
    connections_.clear();
    close(epoll_);
}

Worker::Outcome Worker::run(Job job, Part part, ClosedLoop& loop) {
    turns_.share(job.order, job.fillers.value_or(EndpointOrder({}, {}, 0, 0)), job.concurrency, part, loop);
    loop_ = &loop;
    jobs_.clear();
    jobs_.push_back(std::move(job));
    work(part);
    return std::move(outcomes_.front());
}

std::vector<Worker::Outcome> Worker::run_at_rate(Series series, Part part) {
    jobs_ = std::move(series.jobs);
    std::vector<EndpointOrder> orders;
    for (const Job& job : jobs_)
        orders.push_back(job.order);
    loop_ = nullptr;
    turns_.schedule(std::move(orders), series.interval_ns, series.started_ns, part);
    // Without it the kernel lets a sleeper lie for up to 50 us more, to wake several at once.
    prctl(PR_SET_TIMERSLACK, 1UL);
    work(part);
    return std::move(outcomes_);
}

void Worker::work(Part part) {
    now_ = core::now_ns();
    outcomes_.clear();
    for (std::size_t i = 0; i < jobs_.size(); ++i)
        outcomes_.push_back({now_, now_, std::vector<Tally>(workload_.endpoints.size()), {}, {}});
    gap_watch_.begin(now_);
    if (!thread_clock_) thread_clock_.emplace();
    time_taken_ = thread_clock_->now();
    time_job_ = 0;
    times_counted_ = false;
    const std::size_t slots = std::min(part.share<std::size_t>(jobs_.front().concurrency), slots_.size());
    // The answers of several connections are better fetched together, a little later.
    if (slots == 1 && !at_rate() && !plan_.spin && jobs_.front().order.size() >= k_least_for_ticker)
        ticker_.emplace(epoll_, k_tick_tag);
    alone_ = slots == 1 && !at_rate() && !plan_.spin ? slots_.data() : nullptr;
    idle_.clear();
    for (std::size_t i = slots; at_rate() && i > 0; --i)
        idle_.push_back(i - 1);
    if (!at_rate()) begin_loop(slots, part);
    send_due();
    while (!interrupted_ && (active_ > 0 || (at_rate() && next_due() != k_never)))
        turn(k_never);
    if (interrupted_) {
        drop_all();
        for (std::size_t i = turns_.job(); i < outcomes_.size(); ++i)
            outcomes_[i].ended_ns = core::now_ns();
    } else if (gap_watch_.gave_up_since_answer()) {
        end_gap(outcomes_.size() - 1, core::now_ns(), core::now_ns());
    }
    ticker_.reset();
    if (loop_ == nullptr || !loop_->fills() || times_counted_) take_time(time_job_);
    if (loop_ == nullptr || !loop_->fills()) return;
    outcomes_.front().started_ns = std::min(loop_->counted_from(), now_);
    if (!interrupted_)
        outcomes_.front().ended_ns = std::max(loop_->counted_until(), outcomes_.front().started_ns);
}

/// Each connection of a closed loop takes up its first request, in turns with those of the other threads.
void Worker::begin_loop(std::size_t slots, Part part) {
    const std::int64_t begin = core::now_ns();
    const double apart = static_cast<double>(jobs_.front().spread_ns) / jobs_.front().concurrency;
    for (std::size_t i = 0; i < slots && !interrupted_; ++i) {
        const std::int64_t due = begin + std::llround(apart * static_cast<double>(i * part.of + part.index));
        while (apart > 0 && !interrupted_ && (now_ = core::now_ns()) < due)
            turn(due);
        if (interrupted_ || !start_next(slots_[i])) return;
        loop_->connection_begins();
        drive(slots_[i]);
    }
}

/// What the thread had since the last time.
void Worker::take_time(std::size_t next_job) {
    const core::ThreadTime now = thread_clock_->now();
    outcomes_[time_job_].thread_time += now - std::exchange(time_taken_, now);
    time_job_ = next_job;
}

/// It is counted with the job, or one before, in which it began.
void Worker::end_gap(std::size_t job, std::int64_t until_ns, std::int64_t start_ns) {
    const ResponseGap gap = gap_watch_.end(until_ns, start_ns, [this](ResponseGapWatch::Oldest& waiting) {
        for (const Slot& slot : slots_)
            if (slot.state == Slot::State::running) waiting.add(slot.start_ns);
    });
    while (job > 0 && (!outcomes_[job].begun || outcomes_[job].started_ns > gap.since_ns))
        --job;
    outcomes_[job].gaps.record(gap);
}

/// When this thread's next request is due; k_never when none is left.
std::int64_t Worker::next_due() {
    if (at_rate()) return turns_.next_due();
    return turns_.next_due(may_count()) == k_never ? k_never : now_;
}

/// There is time for another request that is counted.
bool Worker::may_count() const {
    const Job& job = jobs_.front();
    if (now_ < job.issue_until) return true;
    return loop_ != nullptr && loop_->taken() < job.least_counted && now_ < job.at_last;
}

std::optional<Turns::Turn> Worker::take_next(std::int64_t due) {
    const auto turn = turns_.take(at_rate() || may_count());
    if (!turn) return {};
    if (!at_rate()) note_begin(*turn, due);
    if (turn->filler) return turn;
    Outcome& outcome = outcomes_[turn->job];
    if (at_rate() && !outcome.begun) outcome.started_ns = due;
    outcome.begun = true;
    if (turn->job != time_job_) take_time(turn->job);
    if (const auto& on_begin = jobs_[turn->job].on_begin; on_begin && turn->begins_job) on_begin();
    return turn;
}

/// At a rate: sends what is due, as long as slots are idle.
void Worker::send_due() {
    if (!at_rate()) return;
    now_ = core::now_ns();
    give_up_overdue(timeout_ns_);
    while (!idle_.empty() && next_due() <= now_) {
        Slot& slot = slots_[idle_.back()];
        idle_.pop_back();
        if (start_next(slot)) drive(slot);
    }
    if (now_ >= jobs_.front().hard_end) give_up_overdue(0);
}

/// Requests that found no idle slot.
void Worker::give_up_overdue(std::int64_t overdue_ns) {
    for (std::int64_t due = next_due(); due != k_never && now_ - due > overdue_ns; due = next_due()) {
        const Turns::Turn turn = *take_next(due);
        now_ = core::now_ns();
        count(turn, http::ErrorClass::unsent, now_).censored.record(now_ - due);
    }
}

void Worker::turn(std::int64_t until) {
    if (!await_answer(until)) take_events(until);
    if (interrupted_) return;
    now_ = core::now_ns();
    if (now_ >= next_wake_) wake_slots();
    send_due();
}

/// Where there is one connection: waits in reading, which costs less than an event that says what to read.
bool Worker::await_answer(std::int64_t until) {
    if (alone_ == nullptr || alone_->state != Slot::State::running || !busy_.empty() ||
        std::min(next_wake_, until) - now_ < k_longest_await || !alone_->connection->await())
        return false;
    drive(*alone_);
    interrupted_ |= core::Interrupt::requested();
    return true;
}

void Worker::take_events(std::int64_t until) {
    std::int64_t wake = std::min(next_wake_, until);
    if (at_rate() && !idle_.empty()) wake = std::min(wake, next_due());
    std::int64_t wait = std::clamp<std::int64_t>(wake - now_, 0, k_longest_wait);
    if (!busy_.empty() || plan_.spin) wait = 0;
    std::array<epoll_event, 256> events;
    int count = wait > 0 && active_ > 1 && !at_rate() ? short_look_.events(epoll_, events) : 0;
    if (count == 0) count = wait_for_events(epoll_, events, wait);
    if (core::Interrupt::requested()) interrupted_ = true;
    if (interrupted_) return;
    for (std::size_t i = 0; std::cmp_less(i, count); ++i)
        on_event(events[i].data.u64, events[i].events);
    busy_now_.swap(busy_);
    for (const std::size_t index : busy_now_)
        if (slots_[index].state == Slot::State::running) drive(slots_[index]);
    busy_now_.clear();
}

void Worker::on_event(std::uint64_t tag, std::uint32_t events) {
    if (tag == k_interrupt_tag) return;
    if (tag == k_tick_tag) return ticker_->take();
    Connection& ready = *connections_[tag];
    Slot& slot = slots_[tag / workload_.origins.size()];
    ready.on_event(events, buffer_);
    if (slot.state == Slot::State::running && slot.connection == &ready) {
        drive(slot);
    } else if (ready.connecting()) {
        ready.advance(buffer_);
    }
}

/// Takes up the next request of the job, or frees the slot when there is none.
bool Worker::start_next(Slot& slot) {
    now_ = core::now_ns();
    note_taken_up(slot);
    const std::int64_t due = next_due();
    const auto turn = due > now_ ? std::nullopt : take_next(due);
    if (!turn) {
        if (times_counted_) take_time(time_job_);
        times_counted_ = false;
        if (slot.state != Slot::State::free) --active_;
        slot.state = Slot::State::free;
        if (at_rate()) idle_.push_back(slot.index);
        return false;
    }
    if (slot.state == Slot::State::free) ++active_;
    slot.state = Slot::State::running;
    slot.sent_again = false;
    slot.turn = *turn;
    slot.target = &*workload_.target(arm_of(slot), slot.turn.endpoint);
    slot.pick = {};
    if (slot.target->requests.differ())
        slot.pick = turn->filler ? rotation_.again(arm_of(slot), turn->endpoint, jobs_.front().concurrency)
                                 : rotation_.next(arm_of(slot), turn->endpoint);
    slot.request = &slot.target->requests.at(slot.pick, slot.made);
    slot.connection = &connection(slot.index, slot.target->origin);
    slot.start_ns = due;
    slot.wake_ns = std::min(now_ + timeout_ns_, jobs_.front().hard_end);
    next_wake_ = std::min(next_wake_, slot.wake_ns);
    begin(slot);
    return true;
}

void Worker::begin(Slot& slot) {
    if (!slot.connection->is_open()) {
        open(slot.index, slot.target->origin);
        if (!slot.turn.filler) ++tally_of(slot.turn).connects;
    }
    slot.observation.watch(plan_.hit_headers_of(slot.turn.endpoint));
    const auto& place = plan_.endpoints[slot.turn.endpoint].hit_json;
    slot.observation.watch(place ? &*place : nullptr);
    slot.observation.want_text(plan_.endpoints[slot.turn.endpoint].expected_text);
    slot.observation.keep_fields(reads_signs(slot));
    checker_.begin(slot.observation, slot.turn.endpoint, arm_of(slot), slot.pick.number);
    slot.connection->begin(*slot.request, slot.observation, slot.observation.needed_fields());
}

void Worker::open(std::size_t slot, std::size_t origin) {
    const Origin& to = workload_.origins[origin];
    const std::uint64_t tag = slot * workload_.origins.size() + origin;
    connection(slot, origin).open(to, workload_.tls_of(to), epoll_, tag);
}

/// Carries a slot on until it has to wait: its request, then the next.
void Worker::drive(Slot& slot) {
    for (;;) {
        switch (slot.connection->advance(buffer_)) {
        case Connection::Outcome::waiting:
            return;
        case Connection::Outcome::busy:
            busy_.push_back(slot.index);
            return;
        case Connection::Outcome::done:
            finish(slot);
            break;
        case Connection::Outcome::failed:
            if (send_again(slot)) continue;
            if (connect_later(slot)) return;
            lose(slot, slot.connection->error());
            if (slot.state == Slot::State::paused) return;
            break;
        }
        if (!start_next(slot)) return;
    }
}

bool Worker::send_again(Slot& slot) {
    if (slot.sent_again || !slot.connection->may_send_again(*slot.request)) return false;
    slot.sent_again = true;
    if (!slot.turn.filler) ++tally_of(slot.turn).sent_again;
    begin(slot);
    return true;
}

/// Where a Unix socket's queue is full: the system refuses at once, and does not say when there is room.
bool Worker::connect_later(Slot& slot) {
    if (slot.connection->error() != http::ErrorClass::connect || slot.connection->system_error() != EAGAIN)
        return false;
    now_ = core::now_ns();
    if (now_ + k_millisecond >= slot.wake_ns) return false;
    if (!slot.turn.filler) --tally_of(slot.turn).connects;
    slot.state = Slot::State::connects_later;
    slot.limit_ns = std::exchange(slot.wake_ns, now_ + k_millisecond);
    next_wake_ = std::min(next_wake_, slot.wake_ns);
    return true;
}

/// What a slot waited for is over, or its time is.
void Worker::go_on(Slot& slot) {
    if (slot.state == Slot::State::connects_later) {
        slot.state = Slot::State::running;
        slot.wake_ns = slot.limit_ns;
        begin(slot);
        return drive(slot);
    }
    if (slot.state == Slot::State::running) {
        slot.connection->close();
        lose(slot, http::ErrorClass::timeout);
    }
    const bool pauses = slot.wake_ns > now_;
    if (!pauses && start_next(slot)) drive(slot);
}

void Worker::pause(Slot& slot) {
    failing_since_ = std::min(failing_since_, now_);
    const bool by_number = jobs_.front().issue_until == k_never;
    if (by_number && !slot.turn.filler && now_ - failing_since_ > k_most_pausing) return;
    const std::int64_t length =
        std::min(k_millisecond << std::min(slot.failures, k_longest_pause_shift), k_longest_pause);
    ++slot.failures;
    slot.state = Slot::State::paused;
    slot.wake_ns = now_ + length;
    if (!slot.turn.filler) slot.wake_ns = std::min(slot.wake_ns, jobs_.front().issue_until);
    next_wake_ = std::min(next_wake_, slot.wake_ns);
}

void Worker::wake_slots() {
    next_wake_ = k_never;
    for (Slot& slot : slots_) {
        if (slot.state == Slot::State::free) continue;
        if (slot.wake_ns <= now_) go_on(slot);
        if (slot.state != Slot::State::free) next_wake_ = std::min(next_wake_, slot.wake_ns);
    }
}

void Worker::drop_all() {
    for (const auto& each : connections_)
        each->close();
    for (Slot& slot : slots_)
        slot.state = Slot::State::free;
    busy_.clear();
    active_ = 0;
}

} // namespace roacache::bench
