#include "src/report/merge.hpp"

#include "src/core/error.hpp"
#include "src/output/text.hpp"
#include "src/report/conditions.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::report {
namespace {

/// What is not known of one is not known of both.
template <typename Amount>
void add(std::optional<Amount>& sum, const std::optional<Amount>& more) {
    if (sum && more)
        *sum += *more;
    else
        sum.reset();
}

/// What showed who reached the origin is known only where it is the same in both.
void append_stampede(std::optional<bench::Stampede>& all, const std::optional<bench::Stampede>& next) {
    if (!next) return;
    if (!all) {
        all = next;
        return;
    }
    if (all->by != next->by) all->by = bench::ReachedBy::unknown;
    all->rounds.insert(all->rounds.end(), next->rounds.begin(), next->rounds.end());
}

/// Known only where it was counted in all of them, in the same way.
void append_origin(bench::Result& all, const bench::Result& next) {
    if (!all.origin || !next.origin || all.plan.origin_counter != next.plan.origin_counter)
        return all.origin.reset();
    all.origin->own = std::max(all.origin->own, next.origin->own);
    all.origin->between += next.origin->between;
    if (all.origin->failure.empty()) all.origin->failure = next.origin->failure;
}

/// `pairs`: that all runs before it had.
void append(bench::Result& all, const bench::Result& next, unsigned pairs) {
    append_origin(all, next);
    for (bench::Block block : next.blocks) {
        block.pair += pairs;
        all.blocks.push_back(std::move(block));
    }
    for (std::size_t e = 0; e < all.endpoints.size(); ++e) {
        all.endpoints[e].equality.add_counts(next.endpoints[e].equality);
        add(all.endpoints[e].asked_before, next.endpoints[e].asked_before);
    }
    for (std::size_t e = 0; e < all.endpoints.size(); ++e)
        append_stampede(all.endpoints[e].stampede, next.endpoints[e].stampede);
    all.stalls.insert(all.stalls.end(), next.stalls.begin(), next.stalls.end());
    for (const bench::SharedEntry& entry : next.shared_entries) {
        const auto same = [&](const auto& known) { return known.endpoints == entry.endpoints; };
        if (std::none_of(all.shared_entries.begin(), all.shared_entries.end(), same))
            all.shared_entries.push_back(entry);
    }
    all.users.insert(all.users.end(), next.users.begin(), next.users.end());
    all.partial |= next.partial;
    if (all.aborted.empty()) all.aborted = next.aborted;
    all.plan.requests += next.plan.requests;
    if (all.plan.stampede && next.plan.stampede) all.plan.stampede->rounds += next.plan.stampede->rounds;
    add(all.plan.duration, next.plan.duration);
    add(all.plan.duration_cap, next.plan.duration_cap);
    all.plan.blocks += next.plan.blocks;
    all.sum_up_blocks();
}

/// In whichever loop.
unsigned pairs_of(const bench::Result& result) {
    unsigned pairs = result.closed_loop ? pairs_of(*result.closed_loop) : 0;
    for (const bench::Block& block : result.blocks)
        pairs = std::max(pairs, block.pair + 1);
    return pairs;
}

/// What both have in common is judged as one, so that it must be of one question, as with a baseline.
void check_alike(const SavedRun& one, const SavedRun& other) {
    const bench::Plan &ones = one.result.plan, &others = other.result.plan;
    std::string why = other_question(other, ones, one.uncached_by);
    if (why.empty() && (ones.rate != others.rate || ones.closed_loop != others.closed_loop ||
                        (one.result.closed_loop == nullptr) != (other.result.closed_loop == nullptr)))
        why = "it measured in other loops, or at another rate";
    if (why.empty()) return;
    throw core::Error(core::ExitCode::usage,
                      fmt::format("cannot merge: {}, beside {}: {}", output::printable(other.name),
                                  output::printable(one.name), why),
                      "Merge runs of one command line, made on several machines or at several times.");
}

} // namespace

/// When a block began and how long it took, in nanoseconds, are the same of no two.
bool measured_together(const bench::Result& one, const bench::Result& other) {
    const auto same = [](const bench::Block& a, const bench::Block& b) {
        return a.arm == b.arm && a.started_s == b.started_s && a.seconds == b.seconds;
    };
    return std::find_first_of(one.blocks.begin(), one.blocks.end(), other.blocks.begin(), other.blocks.end(),
                              same) != one.blocks.end();
}

void check_measured_once(const std::vector<SavedRun>& runs) {
    for (auto one = runs.begin(); one != runs.end(); ++one)
        for (auto other = runs.begin(); other != one; ++other)
            if (measured_together(one->result, other->result))
                throw core::Error(
                    core::ExitCode::usage,
                    fmt::format("cannot merge: {} has the measurements of {}, which would count "
                                "twice",
                                output::printable(one->name), output::printable(other->name)),
                    "Name each run once, and a merged one without those that it was made of.");
}

bench::Result merged(const std::vector<SavedRun>& runs) {
    bench::Result all = runs.front().result;
    const auto copy = [](std::shared_ptr<bench::Result>& part) {
        if (part) part = std::make_shared<bench::Result>(*part);
    };
    copy(all.closed_loop);
    copy(all.alone);
    for (std::size_t i = 1; i < runs.size(); ++i) {
        for (std::size_t before = 0; before < i; ++before) // what one has not saved another may have
            check_alike(runs[before], runs[i]);
        const bench::Result& next = runs[i].result;
        const unsigned pairs = pairs_of(all);
        append(all, next, pairs);
        if (all.closed_loop) append(*all.closed_loop, *next.closed_loop, pairs);
        if (all.alone && next.alone)
            append(*all.alone, *next.alone, pairs_of(*all.alone));
        else
            all.alone.reset(); // of what the others did on their own nothing is known
    }
    return all;
}

} // namespace roacache::report
