#include "src/bench/worker.hpp"

#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <ctime>
#include <span>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <tuple>
#include <unistd.h>

namespace roacache::bench {
namespace {

constexpr std::uint64_t k_interrupt_tag = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t k_buffer_size = std::size_t{64} * 1024;
constexpr std::int64_t k_millisecond = 1'000'000;
constexpr std::int64_t k_longest_wait = 250 * k_millisecond;
constexpr unsigned k_longest_pause_shift = 7; // 128 ms, cut to 100
constexpr std::int64_t k_longest_pause = 100 * k_millisecond;
constexpr std::int64_t k_most_pausing = 5000 * k_millisecond;

ErrorClass class_of(int status) {
    if (status >= 500) return ErrorClass::http_5xx;
    return status >= 400 ? ErrorClass::http_4xx : ErrorClass::none;
}

void watch(int epoll, int fd, std::uint64_t tag) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/// As epoll_wait(2), to the nanosecond; to the millisecond where the kernel is older than 5.11.
int wait_for_events(int epoll, std::span<epoll_event> events, std::int64_t wait_ns) {
    const int most = static_cast<int>(events.size());
    static std::atomic<bool> exact = true;
    if (exact.load(std::memory_order_relaxed)) {
        const timespec limit{0, wait_ns};
        const int count = epoll_pwait2(epoll, events.data(), most, &limit, nullptr);
        if (count >= 0 || errno != ENOSYS) return count;
        exact = false;
    }
    const auto ms = static_cast<int>((wait_ns + k_millisecond - 1) / k_millisecond);
    return epoll_wait(epoll, events.data(), most, ms);
}

} // namespace

Worker::Worker(const Plan& plan, const Workload& workload, Checker& checker)
    : plan_(plan), workload_(workload), checker_(checker), epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(k_buffer_size), timeout_ns_(plan.timeout.count()) {
    if (epoll_ < 0)
        throw core::Error(core::ExitCode::bug, "cannot measure: epoll: " + core::errno_text(errno));
    if (core::Interrupt::fd() >= 0) watch(epoll_, core::Interrupt::fd(), k_interrupt_tag);
    slots_.reserve(plan.most_callers());
    for (std::size_t i = 0; i < plan.most_callers(); ++i)
        slots_.emplace_back(i);
    const std::size_t connections = slots_.size() * workload.origins.size();
    connections_.reserve(connections);
    for (std::size_t i = 0; i < connections; ++i)
        connections_.emplace_back();
}

Worker::~Worker() {
    connections_.clear();
    close(epoll_);
}

Worker::Outcome Worker::run(Job job) {
    jobs_.clear();
    jobs_.push_back(std::move(job));
    interval_ns_ = 0;
    work();
    return std::move(outcomes_.front());
}

std::vector<Worker::Outcome> Worker::run_at_rate(Series series) {
    jobs_ = std::move(series.jobs);
    if (jobs_.empty()) return {};
    interval_ns_ = 1e9 / series.per_second;
    // Without it the kernel lets a sleeper lie for up to 50 us more, to wake several at once.
    prctl(PR_SET_TIMERSLACK, 1UL);
    work();
    for (std::size_t i = 0; i + 1 < outcomes_.size(); ++i)
        outcomes_[i].ended_ns = std::max(outcomes_[i].started_ns, outcomes_[i + 1].started_ns);
    return std::move(outcomes_);
}

void Worker::work() {
    now_ = series_start_ = core::now_ns();
    issuing_ = begun_ = 0;
    issued_ = 0;
    outcomes_.clear();
    for (std::size_t i = 0; i < jobs_.size(); ++i)
        outcomes_.push_back({now_, now_, std::vector<Tally>(workload_.endpoints.size())});
    const std::size_t slots = std::min<std::size_t>(jobs_.front().concurrency, slots_.size());
    idle_.clear();
    for (std::size_t i = slots; at_rate() && i > 0; --i)
        idle_.push_back(i - 1);
    for (std::size_t i = 0; !at_rate() && i < slots && !interrupted_; ++i) {
        now_ = core::now_ns();
        if (!start_next(slots_[i])) break;
        drive(slots_[i]);
    }
    send_due();
    while (!interrupted_ && (active_ > 0 || next_due() != k_never))
        turn(k_never);
    if (interrupted_) {
        drop_all();
        for (std::size_t i = issuing_; i < outcomes_.size(); ++i)
            outcomes_[i].ended_ns = core::now_ns();
    }
}

/// When the next request of the run is due; k_never when none is left.
std::int64_t Worker::next_due() {
    if (!at_rate()) {
        const Job& job = jobs_.front();
        return now_ < job.issue_until && !job.order.over() ? now_ : k_never;
    }
    while (issuing_ < jobs_.size() && jobs_[issuing_].order.over())
        ++issuing_;
    if (issuing_ == jobs_.size()) return k_never;
    return series_start_ + std::llround(static_cast<double>(issued_) * interval_ns_);
}

/// The job and the endpoint of the request that is due.
std::pair<std::size_t, std::size_t> Worker::take_next(std::int64_t due) {
    ++issued_;
    Job& job = jobs_[issuing_];
    if (issuing_ >= begun_) {
        begun_ = issuing_ + 1;
        outcomes_[issuing_].started_ns = due;
        if (job.on_begin) job.on_begin();
    }
    return {issuing_, *job.order.next()};
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
        const auto [job, endpoint] = take_next(due);
        now_ = core::now_ns();
        count(job, endpoint, ErrorClass::unsent, now_).censored.record(now_ - due);
    }
}

void Worker::turn(std::int64_t until) {
    std::int64_t wake = std::min(next_wake_, until);
    if (at_rate() && !idle_.empty()) wake = std::min(wake, next_due());
    std::int64_t wait = std::clamp<std::int64_t>(wake - now_, 0, k_longest_wait);
    if (!busy_.empty() || plan_.spin) wait = 0;
    std::array<epoll_event, 256> events;
    const int count = wait_for_events(epoll_, events, wait);
    if (core::Interrupt::requested()) interrupted_ = true;
    if (interrupted_) return;
    for (int i = 0; i < count; ++i)
        if (events[static_cast<std::size_t>(i)].data.u64 != k_interrupt_tag)
            on_event(events[static_cast<std::size_t>(i)].data.u64,
                     events[static_cast<std::size_t>(i)].events);
    busy_now_.swap(busy_);
    for (const std::size_t index : busy_now_)
        if (slots_[index].state == Slot::State::running) drive(slots_[index]);
    busy_now_.clear();
    now_ = core::now_ns();
    if (now_ >= next_wake_) wake_slots();
    send_due();
}

void Worker::on_event(std::uint64_t tag, std::uint32_t events) {
    Connection& ready = connections_[tag];
    Slot& slot = slots_[tag / workload_.origins.size()];
    ready.on_event(events);
    if (slot.state == Slot::State::running && slot.connection == &ready) {
        drive(slot);
    } else if (ready.connecting()) {
        ready.advance(buffer_);
    }
}

/// Takes up the next request of the job, or frees the slot when there is none.
bool Worker::start_next(Slot& slot) {
    now_ = core::now_ns();
    const std::int64_t due = next_due();
    if (due > now_) {
        if (slot.state != Slot::State::free) --active_;
        slot.state = Slot::State::free;
        if (at_rate()) idle_.push_back(slot.index);
        return false;
    }
    if (slot.state == Slot::State::free) ++active_;
    slot.state = Slot::State::running;
    slot.sent_again = false;
    std::tie(slot.job, slot.endpoint) = take_next(due);
    slot.target = &*workload_.target(jobs_[slot.job].arm, slot.endpoint);
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
        ++outcomes_[slot.job].endpoints[slot.endpoint].connects;
    }
    const HitHeader* hit = plan_.hit_header_of(slot.endpoint);
    slot.observation.watch(hit);
    checker_.begin(slot.observation, slot.endpoint, jobs_[slot.job].arm);
    slot.connection->begin(slot.target->request, slot.observation,
                           hit ? std::string_view(hit->name) : std::string_view());
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
            lose(slot, slot.connection->error());
            if (slot.state == Slot::State::paused) return;
            break;
        }
        if (!start_next(slot)) return;
    }
}

bool Worker::send_again(Slot& slot) {
    if (slot.sent_again || !slot.target->request.idempotent || !slot.connection->was_stale()) return false;
    slot.sent_again = true;
    begin(slot);
    return true;
}

Tally& Worker::count(std::size_t job, std::size_t endpoint, ErrorClass error, std::int64_t ended_ns) {
    outcomes_[job].ended_ns = std::max(outcomes_[job].ended_ns, ended_ns);
    Tally& tally = outcomes_[job].endpoints[endpoint];
    ++tally.requests;
    if (error != ErrorClass::none) ++tally.errors[name_of(error)];
    if (Live* live = jobs_[job].live) {
        Live::add<std::uint64_t>(live->requests, 1);
        if (error != ErrorClass::none) Live::add<std::uint64_t>(live->errors, 1);
    }
    return tally;
}

Tally& Worker::count(Slot& slot, ErrorClass error, std::int64_t ended_ns) {
    note_setup(*slot.connection);
    Tally& tally = count(slot.job, slot.endpoint, error, ended_ns);
    tally.bytes += slot.connection->received();
    return tally;
}

/// The proof shows that the response belongs to another arm of the run.
bool Worker::is_stray(ArmKind arm, Proof proof) const {
    return plan_.home_of_strays(arm) && (arm == ArmKind::cached) == (proof == Proof::miss);
}

/// The response is whole.
void Worker::finish(Slot& slot) {
    const int status = slot.connection->status();
    const ErrorClass error = class_of(status);
    const std::int64_t ended_ns = slot.connection->last_byte_ns();
    Tally& tally = count(slot, error, ended_ns);
    ++tally.statuses[status];
    if (error == ErrorClass::none) {
        const Proof proof = slot.observation.proof();
        const bool stray = proof != Proof::none && is_stray(jobs_[slot.job].arm, proof);
        (stray ? tally.strays : tally.latency).record(ended_ns - slot.start_ns);
        if (!stray) tally.first_byte.record(slot.connection->first_byte_ns() - slot.start_ns);
        if (proof == Proof::hit) ++tally.proven_hits;
        if (proof == Proof::miss) ++tally.proven_misses;
        if (const std::string& location = slot.observation.location(); !location.empty())
            tally.note_redirect(output::printable(location));
        checker_.finish(slot.observation, slot.endpoint,
                        stray ? *plan_.home_of_strays(jobs_[slot.job].arm) : jobs_[slot.job].arm);
    }
    slot.failures = 0;
    failing_since_ = k_never;
    slot.connection->release();
}

/// There is no whole response.
void Worker::lose(Slot& slot, ErrorClass error) {
    now_ = core::now_ns();
    Tally& tally = count(slot, error, now_);
    if (at_rate() && error == ErrorClass::timeout) tally.censored.record(now_ - slot.start_ns);
    if (at_rate() || error == ErrorClass::timeout || jobs_.front().order.over()) return;
    pause(slot);
}

void Worker::note_setup(Connection& connection) {
    const auto setup = connection.take_setup();
    if (!setup) return;
    connecting_.connect.record(setup->connect_ns);
    if (setup->tls_ns) connecting_.tls.record(*setup->tls_ns);
}

void Worker::pause(Slot& slot) {
    failing_since_ = std::min(failing_since_, now_);
    const bool by_number = jobs_.front().issue_until == k_never;
    if (by_number && now_ - failing_since_ > k_most_pausing) return;
    const std::int64_t length =
        std::min(k_millisecond << std::min(slot.failures, k_longest_pause_shift), k_longest_pause);
    ++slot.failures;
    slot.state = Slot::State::paused;
    slot.wake_ns = std::min(now_ + length, jobs_.front().issue_until);
    next_wake_ = std::min(next_wake_, slot.wake_ns);
}

void Worker::wake_slots() {
    next_wake_ = k_never;
    for (Slot& slot : slots_) {
        if (slot.state == Slot::State::free) continue;
        if (slot.wake_ns <= now_) {
            if (slot.state == Slot::State::running) {
                slot.connection->close();
                lose(slot, ErrorClass::timeout);
            }
            if (start_next(slot)) drive(slot);
        }
        if (slot.state != Slot::State::free) next_wake_ = std::min(next_wake_, slot.wake_ns);
    }
}

void Worker::drop_all() {
    for (Connection& connection : connections_)
        connection.close();
    for (Slot& slot : slots_)
        slot.state = Slot::State::free;
    busy_.clear();
    active_ = 0;
}

void Worker::open_connections(std::size_t slots, std::int64_t limit_ns) {
    slots = std::min(slots, slots_.size());
    for (std::size_t origin = 0; origin < workload_.origins.size(); ++origin) {
        if (!connection(0, origin).is_open()) continue;
        for (std::size_t slot = 1; slot < slots; ++slot) {
            if (connection(slot, origin).is_open()) continue;
            open(slot, origin);
            connection(slot, origin).advance(buffer_);
        }
    }
    const auto connecting = [](const Connection& each) { return each.connecting(); };
    while (!interrupted_ && now_ < limit_ns &&
           std::any_of(connections_.begin(), connections_.end(), connecting))
        turn(limit_ns);
    for (Connection& each : connections_) {
        note_setup(each);
        if (each.connecting()) each.close();
    }
}

} // namespace roacache::bench
