// How a worker counts what came of its requests; the rest of it is in worker.cpp.

#include "src/bench/load/worker.hpp"
#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <string>

namespace roacache::bench {

/// A request of a closed loop begins. The thread's time counts from the first one on that is counted.
void Worker::note_begin(const Turns::Turn& turn, std::int64_t begin_ns) {
    if (turn.filler || !loop_->fills()) return;
    loop_->counted_begins(begin_ns);
    if (times_counted_) return;
    times_counted_ = true;
    time_taken_ = thread_clock_->now();
}

/// The slot's connection is free for another request.
void Worker::note_taken_up(const Slot& slot) {
    if (loop_ == nullptr || slot.state == Slot::State::free || slot.turn.filler) return;
    outcomes_.front().taken_up_ns += now_ - slot.start_ns;
}

/// A request of a closed loop ended.
void Worker::note_end(const Slot& slot, std::int64_t end_ns) {
    if (!slot.turn.filler && loop_->fills()) loop_->counted_ends(end_ns);
    outcomes_.front().under_way_ns += loop_->overlap(slot.start_ns, end_ns);
}

Tally& Worker::count(const Turns::Turn& turn, http::ErrorClass error, std::int64_t ended_ns) {
    outcomes_[turn.job].ended_ns = std::max(outcomes_[turn.job].ended_ns, ended_ns);
    ++outcomes_[turn.job].bins.at(ended_ns).requests;
    Tally& tally = tally_of(turn);
    ++tally.requests;
    if (error != http::ErrorClass::none) ++tally.errors[name_of(error)];
    if (Live* live = jobs_[turn.job].live) {
        Live::Counts& counts = live->counts[number_];
        Live::add<std::uint64_t>(counts.requests, 1);
        if (error != http::ErrorClass::none) Live::add<std::uint64_t>(counts.errors, 1);
    }
    return tally;
}

/// Null for fillers; but those that fail count in a drill, for the first request after the cache went away is
/// the one that may.
Tally* Worker::count(Slot& slot, http::ErrorClass error, std::int64_t ended_ns) {
    note_setup(*slot.connection);
    if (loop_ != nullptr) note_end(slot, ended_ns);
    if (slot.turn.filler && !(plan_.drill && error != http::ErrorClass::none)) {
        ++tally_of(slot.turn).fillers;
        return nullptr;
    }
    Tally& tally = count(slot.turn, error, ended_ns);
    tally.bytes += slot.connection->received();
    return &tally;
}

/// The proof shows that the response belongs to another arm of the run.
bool Worker::is_misplaced(ArmKind arm, Proof proof) const {
    return plan_.arm_by_proof(arm) && (arm == ArmKind::cached) == (proof == Proof::miss);
}

bool Worker::reads_signs(const Slot& slot) const {
    const Job& job = jobs_[slot.turn.job];
    return job.reads_signs && (!job.fillers || slot.turn.leading);
}

/// The response is whole.
void Worker::finish(Slot& slot) {
    const int status = slot.connection->status();
    http::ErrorClass error = plan_.expected.has(status) ? http::ErrorClass::none : http::class_of(status);
    if (error == http::ErrorClass::none && !slot.observation.has_wanted_text())
        error = http::ErrorClass::missing_text;
    const std::int64_t ended_ns = slot.connection->last_byte_ns();
    end_gap(slot.turn.job, ended_ns, slot.start_ns);
    if (error == http::ErrorClass::none && reads_signs(slot))
        outcomes_[slot.turn.job].signs[slot.turn.endpoint] = signs_in(slot.observation.fields());
    if (Tally* tally = count(slot, error, ended_ns)) {
        ++tally->statuses[status];
        TimeBin& bin = outcomes_[slot.turn.job].bins.at(ended_ns);
        bin.note_status(status);
        if (const std::string& location = slot.observation.location(); !location.empty())
            tally->note_redirect(output::printable(location));
        if (error == http::ErrorClass::none) count_good(slot, *tally, bin, ended_ns);
    } else if (slot.turn.leading && error == http::ErrorClass::none &&
               slot.observation.proof() == Proof::miss) {
        ++tally_of(slot.turn).leading_misses;
    }
    slot.failures = 0;
    failing_since_ = k_never;
    slot.connection->release();
}

void Worker::count_good(Slot& slot, Tally& tally, TimeBin& bin, std::int64_t ended_ns) {
    bin.latency.record(ended_ns - slot.start_ns);
    const Proof proof = slot.observation.proof();
    const bool misplaced = proof != Proof::none && is_misplaced(arm_of(slot), proof);
    (misplaced ? tally.misplaced : tally.latency).record(ended_ns - slot.start_ns);
    if (!misplaced) tally.first_byte.record(slot.connection->first_byte_ns() - slot.start_ns);
    if (const auto& tier = slot.observation.tier()) tally.of_tier(*tier).record(ended_ns - slot.start_ns);
    const std::uint64_t hits = proof == Proof::hit ? 1 : 0, misses = proof == Proof::miss ? 1 : 0;
    tally.proven_hits += hits;
    tally.proven_misses += misses;
    bin.proven_hits += hits;
    bin.proven_misses += misses;
    if (jobs_[slot.turn.job].compares)
        checker_.finish(slot.observation, slot.turn.endpoint,
                        misplaced ? *plan_.arm_by_proof(arm_of(slot)) : arm_of(slot), slot.pick.number);
}

/// There is no whole response.
void Worker::lose(Slot& slot, http::ErrorClass error) {
    now_ = core::now_ns();
    if (error == http::ErrorClass::timeout)
        gap_watch_.give_up(slot.start_ns);
    else
        end_gap(slot.turn.job, now_, slot.start_ns);
    if (Tally* tally = count(slot, error, now_)) {
        const int number = slot.connection->system_error();
        if (number != 0 && error != http::ErrorClass::timeout)
            ++tally->system_errors[core::errno_name(number)];
        if (at_rate() && error == http::ErrorClass::timeout) tally->censored.record(now_ - slot.start_ns);
    } else if (slot.turn.leading && error == http::ErrorClass::timeout && !may_count()) {
        // No time is left for a request that would show it.
        --tally_of(slot.turn).fillers;
        count(slot.turn, error, now_);
    }
    // The others time out in a moment, and then there is nothing left to be filled.
    const bool goes_on = error == http::ErrorClass::timeout && !slot.turn.filler;
    if (at_rate() || goes_on || next_due() == k_never) return;
    pause(slot);
}

} // namespace roacache::bench
