#include "src/bench/worker.hpp"

#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
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

} // namespace

Worker::Worker(const Plan& plan, const Workload& workload, Checker& checker)
    : plan_(plan), workload_(workload), checker_(checker), epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(k_buffer_size), timeout_ns_(plan.timeout.count()) {
    if (epoll_ < 0)
        throw core::Error(core::ExitCode::bug, "cannot measure: epoll: " + core::errno_text(errno));
    if (core::Interrupt::fd() >= 0) watch(epoll_, core::Interrupt::fd(), k_interrupt_tag);
    const HitHeader* hit = plan.hit_header ? &*plan.hit_header : nullptr;
    slots_.reserve(plan.concurrency);
    for (std::size_t i = 0; i < plan.concurrency; ++i)
        slots_.emplace_back(i, hit);
    const std::size_t connections = slots_.size() * workload.origins.size();
    connections_.reserve(connections);
    for (std::size_t i = 0; i < connections; ++i)
        connections_.emplace_back(hit ? std::string_view(hit->name) : std::string_view());
}

Worker::~Worker() {
    connections_.clear();
    close(epoll_);
}

Worker::Outcome Worker::run(Job job) {
    job_ = &job;
    now_ = core::now_ns();
    outcome_ = {now_, now_, std::vector<Tally>(workload_.endpoints.size())};
    const std::size_t slots = std::min<std::size_t>(job.concurrency, slots_.size());
    for (std::size_t i = 0; i < slots && !interrupted_; ++i) {
        now_ = core::now_ns();
        if (!start_next(slots_[i])) break;
        drive(slots_[i]);
    }
    while (active_ > 0 && !interrupted_)
        turn(k_never);
    if (interrupted_) {
        drop_all();
        outcome_.ended_ns = core::now_ns();
    }
    job_ = nullptr;
    return std::move(outcome_);
}

void Worker::turn(std::int64_t until) {
    std::int64_t wait = std::clamp<std::int64_t>(std::min(next_wake_, until) - now_, 0, k_longest_wait);
    if (!busy_.empty()) wait = 0;
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                 static_cast<int>((wait + k_millisecond - 1) / k_millisecond));
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
    const auto endpoint = now_ < job_->issue_until ? job_->order.next() : std::nullopt;
    if (!endpoint) {
        if (slot.state != Slot::State::free) --active_;
        slot.state = Slot::State::free;
        return false;
    }
    if (slot.state == Slot::State::free) ++active_;
    slot.state = Slot::State::running;
    slot.sent_again = false;
    slot.endpoint = *endpoint;
    slot.target = &*workload_.target(job_->arm, *endpoint);
    slot.connection = &connection(slot.index, slot.target->origin);
    slot.start_ns = now_;
    slot.wake_ns = std::min(now_ + timeout_ns_, job_->hard_end);
    next_wake_ = std::min(next_wake_, slot.wake_ns);
    begin(slot);
    return true;
}

void Worker::begin(Slot& slot) {
    if (!slot.connection->is_open()) {
        open(slot.index, slot.target->origin);
        ++outcome_.endpoints[slot.endpoint].connects;
    }
    checker_.begin(slot.observation, slot.endpoint, job_->arm);
    slot.connection->begin(slot.target->request, slot.observation);
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

Tally& Worker::count(Slot& slot, ErrorClass error) {
    now_ = core::now_ns();
    outcome_.ended_ns = now_;
    Tally& tally = outcome_.endpoints[slot.endpoint];
    ++tally.requests;
    tally.bytes += slot.connection->received();
    if (error != ErrorClass::none) ++tally.errors[name_of(error)];
    if (job_->live) {
        Live::add<std::uint64_t>(job_->live->requests, 1);
        if (error != ErrorClass::none) Live::add<std::uint64_t>(job_->live->errors, 1);
    }
    return tally;
}

/// The response is whole.
void Worker::finish(Slot& slot) {
    const int status = slot.connection->status();
    const ErrorClass error = class_of(status);
    Tally& tally = count(slot, error);
    ++tally.statuses[status];
    if (error == ErrorClass::none) {
        tally.latency.record(now_ - slot.start_ns);
        if (slot.observation.proof() == Proof::hit) ++tally.proven_hits;
        if (slot.observation.proof() == Proof::miss) ++tally.proven_misses;
        if (const std::string& location = slot.observation.location(); !location.empty())
            tally.note_redirect(output::printable(location));
        checker_.finish(slot.observation, slot.endpoint, job_->arm);
    }
    slot.failures = 0;
    failing_since_ = k_never;
    slot.connection->release();
}

/// There is no whole response.
void Worker::lose(Slot& slot, ErrorClass error) {
    count(slot, error);
    if (error != ErrorClass::timeout && !job_->order.over()) pause(slot);
}

void Worker::pause(Slot& slot) {
    failing_since_ = std::min(failing_since_, now_);
    const bool by_number = job_->issue_until == k_never;
    if (by_number && now_ - failing_since_ > k_most_pausing) return;
    const std::int64_t length =
        std::min(k_millisecond << std::min(slot.failures, k_longest_pause_shift), k_longest_pause);
    ++slot.failures;
    slot.state = Slot::State::paused;
    slot.wake_ns = std::min(now_ + length, job_->issue_until);
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

void Worker::open_connections(std::int64_t limit_ns) {
    for (std::size_t origin = 0; origin < workload_.origins.size(); ++origin) {
        if (!connection(0, origin).is_open()) continue;
        for (std::size_t slot = 1; slot < slots_.size(); ++slot) {
            if (connection(slot, origin).is_open()) continue;
            open(slot, origin);
            connection(slot, origin).advance(buffer_);
        }
    }
    const auto connecting = [](const Connection& each) { return each.connecting(); };
    while (!interrupted_ && now_ < limit_ns &&
           std::any_of(connections_.begin(), connections_.end(), connecting))
        turn(limit_ns);
    for (Connection& each : connections_)
        if (each.connecting()) each.close();
}

} // namespace roacache::bench
