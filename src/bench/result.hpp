#pragma once

#include "src/bench/histogram.hpp"
#include "src/bench/plan.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace roacache::bench {

/// Failed requests by class; they are in no latency. The classes are fixed words, so that JSON and asserts
/// can name them: `connect` (refused, unreachable), `tls`, `timeout`, `closed` (the peer closed or reset
/// before the response was whole), `protocol` (what came is not HTTP/1.x), `too_large` (headers beyond the
/// limit), `http_4xx`, `http_5xx`; in an open loop also `unsent` (no connection was free for it within the
/// timeout).
using Errors = std::map<std::string, std::uint64_t>;

std::uint64_t total(const Errors& errors);

/// What one arm of one endpoint did, over some blocks: a block's own part, or the whole run's.
struct Tally {
    /// From the first byte sent (connecting included, where a connection had to be made) to the last
    /// received; good responses only. In an open loop from the moment at which the request was due.
    Histogram latency;
    /// Open loop: how long the requests that timed out or were never sent had waited by then. Their answers
    /// would have taken longer.
    Histogram censored;
    std::uint64_t requests = 0; ///< ended, well or not
    Errors errors;
    std::map<int, std::uint64_t> statuses; ///< of every whole response
    std::map<std::string, std::uint64_t>
        redirects;                 ///< 3xx responses with a Location, by location (at most 8 kept)
    std::uint64_t bytes = 0;       ///< received, headers included
    std::uint64_t proven_hits = 0; ///< good responses only; both stay 0 where nothing proves hits
    std::uint64_t proven_misses = 0;
    std::uint64_t connects = 0; ///< connections made

    /// What quantiles are taken of: latency, and what was censored at what it is known to exceed.
    Histogram ranked() const;

    /// Counts a redirect; the locations beyond the first 8 are not kept.
    void note_redirect(const std::string& location, std::uint64_t count = 1);
    void merge(const Tally& other);
};

/// One block: `Plan::concurrency` connections busy on one arm, all endpoints mixed.
struct Block {
    unsigned pair = 0; ///< blocks of one pair ran next to each other
    ArmKind arm = ArmKind::single;
    double started_s = 0;         ///< since the run began
    double seconds = 0;           ///< wall time from the first request sent to the last response
    std::vector<Tally> endpoints; ///< in the order of Plan::endpoints
};

/// The first place where two bodies differ, with what stands there in each (at most 40 bytes around it,
/// printable).
struct Difference {
    std::uint64_t offset = 0;
    std::string expected;
    std::string found;
};

struct Mismatch {
    std::size_t endpoint = 0;
    ArmKind arm =
        ArmKind::cached;  ///< whose response differed from the reference, the first good uncached one
    std::string what;     ///< `status`, `content-type` or `body`
    std::string expected; ///< status and type as text; for a body its length and hash
    std::string found;
    std::optional<Difference> difference; ///< for bodies, when both heads were kept
    std::uint64_t count = 1;              ///< responses that differed in this way
};

struct Equality {
    std::uint64_t compared = 0; ///< responses held against the reference, those that differ included
    std::uint64_t mismatched = 0;
    std::vector<Mismatch> mismatches; ///< one for each endpoint, arm and kind
};

struct EndpointResult {
    std::string name;
    std::map<ArmKind, Tally> arms; ///< merged over all blocks
    std::map<ArmKind, double>
        first_ms; ///< the very first request, made alone before the warm-up; absent when it failed
    std::map<ArmKind, std::string> first_error; ///< the class, when it failed
    Equality equality;
};

/// A finished (or interrupted) run. Everything that is reported is computed from this.
struct Result {
    Plan plan;
    std::vector<EndpointResult> endpoints;
    std::vector<Block> blocks;         ///< in the order in which they ran
    std::map<ArmKind, double> seconds; ///< sum over the arm's blocks
    double generator_cpu_seconds = 0;  ///< user and system time of the threads that made the load
    bool partial = false;              ///< interrupted before its end
    std::string started_utc;           ///< 2026-01-31T23:59:59Z

    /// Makes `seconds` and every endpoint's `arms` anew from the blocks.
    void sum_up_blocks();
    /// All endpoints pooled.
    Tally pooled(ArmKind arm) const;
    bool hits_provable() const { return plan.hit_header.has_value(); }
};

} // namespace roacache::bench
