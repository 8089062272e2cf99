#pragma once

#include "src/bench/model/cache_signs.hpp"
#include "src/bench/model/histogram.hpp"
#include "src/bench/model/plan.hpp"
#include "src/bench/model/stall.hpp"
#include "src/bench/model/stampede.hpp"
#include "src/bench/model/time_bin.hpp"
#include "src/bench/model/user_check.hpp"
#include "src/core/error.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::bench {

/// Failed requests by class; they are in no latency. The classes have fixed names, for JSON and asserts:
/// `connect` (refused, unreachable), `tls`, `timeout`, `closed` (the peer closed or reset before the response
/// was whole, or, over TLS, ended one without length without saying that it was its end), `protocol` (what
/// came is not HTTP, or not HTTP/2 where that was wanted), `too_large` (headers beyond the limit),
/// `missing_text` (a whole response of an expected status, whose body has not got the text that is expected),
/// and for whole responses of a status that is not expected `http_2xx`, `http_3xx`, `http_4xx` and
/// `http_5xx`; in an open loop also `unsent` (no connection was free for it within the timeout).
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
    Histogram first_byte;       ///< of the responses in `latency`: until the first byte of them came
    std::uint64_t requests = 0; ///< ended, well or not
    Errors errors;
    std::map<std::string, std::uint64_t> system_errors; ///< behind `errors`, by their names, as ECONNREFUSED
    std::map<int, std::uint64_t> statuses;              ///< of every whole response
    std::map<std::string, std::uint64_t>
        redirects;           ///< 3xx responses with a Location, by location (at most 8 stored)
    std::uint64_t bytes = 0; ///< received, headers included
    /// Of the good responses to this arm's own requests; both stay 0 where nothing proves hits.
    std::uint64_t proven_hits = 0;
    std::uint64_t proven_misses = 0;
    /// The latencies of the good responses to this arm's own requests by the tier that each says it is of
    /// (EndpointPlan::hit_json), wherever they were counted; those beyond the first k_most_tiers as
    /// k_other_tiers.
    std::map<std::string, Histogram> tiers = {};
    static constexpr std::size_t k_most_tiers = 8;
    static constexpr const char* k_other_tiers = "(others)";
    /// Good responses that were proven to belong to another arm: not in `latency`, but moved to that arm's
    /// when the run is over (see Plan::arm_by_proof).
    Histogram misplaced;
    std::uint64_t moved_out = 0; ///< misplaced ones of this arm
    std::uint64_t moved_in = 0;  ///< misplaced ones of others that are in `latency`
    std::uint64_t connects = 0;  ///< connections made
    /// Of the requests: those that were sent once more, over another connection, because the server had ended
    /// theirs, which had carried others before, without a byte of an answer. No errors, but in their latency.
    std::uint64_t sent_again = 0;
    /// Requests that ended too, but are in none of the above: they kept all connections busy before and after
    /// those of a block that count.
    std::uint64_t fillers = 0;
    std::uint64_t leading_misses = 0; ///< of the fillers before those that count: proven misses

    /// What quantiles are taken of: latency, and what was censored at what it is known to exceed.
    Histogram ranked() const;
    /// Good responses to this arm's own requests, wherever they were counted.
    std::uint64_t answered() const { return latency.count() + moved_out - moved_in; }
    /// What share of them were proven hits; absent without any.
    std::optional<double> hit_rate() const {
        if (answered() == 0) return {};
        return static_cast<double>(proven_hits) / static_cast<double>(answered());
    }

    /// Counts a redirect; the locations beyond the first 8 are not stored.
    void note_redirect(const std::string& location, std::uint64_t count = 1);
    /// The latencies of a tier.
    Histogram& of_tier(const std::string& tier);
    void merge(const Tally& other);
};

/// What the store counted while an arm's blocks ran, of everybody who uses it.
struct StoreUse {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;

    std::uint64_t lookups() const { return hits + misses; }
    /// 0..1; absent without lookups.
    std::optional<double> hit_rate() const {
        const double all = static_cast<double>(hits) + static_cast<double>(misses);
        return all == 0 ? std::nullopt : std::optional(static_cast<double>(hits) / all);
    }
};

/// What the store reported of itself.
struct StoreWatch {
    std::map<ArmKind, StoreUse> arms; ///< empty at a given rate, where the blocks of both arms overlap
    StoreUse all;
    std::optional<double> hit_rate_before; ///< since it began to count until the run: 0..1
    /// In use before anything was asked, and after the last block; each absent where it is not told.
    std::optional<std::uint64_t> memory_before, memory_after;
    std::string failure; ///< why its counters could not be read at some time; `arms` is empty then

    std::optional<std::int64_t> memory_delta() const {
        if (!memory_before || !memory_after) return {};
        return static_cast<std::int64_t>(*memory_after) - static_cast<std::int64_t>(*memory_before);
    }
};

/// What the origin's counter (Plan::origin_counter) told besides Block::origin_queries.
struct OriginWatch {
    std::uint64_t own = 0; ///< by which each reading moved it, taken out of the blocks
    /// By how much it moved from one block to the next, when nothing was asked.
    std::uint64_t between = 0;
    std::string failure = {}; ///< why it could not be relied on from some time on
};

/// One block: `Plan::concurrency` connections busy on one arm, all endpoints mixed. Of a closed loop only
/// requests are counted that begin and end while all connections are busy (but not where misses are forced).
struct Block {
    unsigned pair = 0; ///< blocks of one pair ran next to each other
    ArmKind arm = ArmKind::single;
    double started_s = 0; ///< since the run began
    /// Wall time from the first counted request sent to the last response; of forced misses without the time
    /// that the removing took. Of a closed loop at full load: how long the requests took up their
    /// connections, each until the next request there, divided by the number of connections. By Little's law
    /// that is the time in which as many requests are answered, however few there are and however they are
    /// bunched.
    double seconds = 0;
    std::vector<Tally> endpoints; ///< in the order of Plan::endpoints
    /// User and system time that the threads that made the load used for it; absent where it is not known.
    std::optional<double> cpu_seconds = {};
    std::optional<double> waiting_seconds = {}; ///< that they were ready to run and had no core; likewise
    /// Of a closed loop: from the first counted request sent to the last response, and how many requests were
    /// under way meanwhile on average. Absent in older runs.
    std::optional<double> wall_seconds = {};
    std::optional<double> under_way = {};
    /// Of all requests that were sent, fillers too; absent where it was not counted.
    std::optional<std::uint64_t> origin_queries = {};
    TimeBins bins = {}; ///< empty in Result::only(), for they are of all endpoints
};

/// The first place where two bodies differ, with what is there in each (at most 40 bytes around it,
/// printable).
struct Difference {
    std::uint64_t offset = 0;
    std::string expected;
    std::string found;
    /// Where fields are ignored and both bodies are JSON: the first place, as a JSON Pointer, that differs
    /// apart from these, of which then are the texts; the offset is still that of the first byte.
    std::optional<std::string> path = {};
};

struct Mismatch {
    std::size_t endpoint = 0;
    ArmKind arm =
        ArmKind::cached;  ///< whose response differed from the reference, the first good uncached one
    std::string what;     ///< `status`, `content-type`, `content-encoding`, `location` or `body`
    std::string expected; ///< status and type as text; for a body its length and hash
    std::string found;
    std::optional<Difference> difference; ///< for bodies, when both heads were stored
    std::uint64_t count = 1;              ///< responses that differed in this way
    std::string request = {};             ///< of the first: its listed values, as `company=2`
};

struct Equality {
    std::uint64_t compared = 0; ///< responses held against the reference, those that differ included
    std::uint64_t mismatched = 0;
    std::uint64_t differ_in_content =
        0;                      ///< of the mismatched ones: in the body, or where they redirect to, alone
    std::uint64_t too_long = 0; ///< bodies that were not compared: too long to leave the ignored places out
    std::uint64_t equal_as_json = 0;  ///< whose bytes differ even when decoded, and whose JSON is the same
    std::vector<Mismatch> mismatches; ///< one for each endpoint, arm and kind
    /// Uncached answers had bodies, or redirects, that differ from one another: what differs is not the
    /// cache's doing. Then where they are JSON: the first few places, as --ignore-json takes them.
    bool varies = false;
    std::set<std::string> varying_paths = {};

    /// Whether uncached answers differ in this from one another: `body`, `location`.
    bool varies_in(std::string_view what) const;
    /// Of the mismatched ones: those that may be the cache's doing.
    std::uint64_t blamed_on_cache() const { return varies ? mismatched - differ_in_content : mismatched; }
    void add_counts(const Equality& other);
};

/// Endpoints whose uncached answers differ but whose cached answers were the same: their keys collide.
struct SharedEntry {
    std::vector<std::size_t> endpoints; ///< two at least, in ascending order
};

struct EndpointResult {
    std::string name;
    std::map<ArmKind, Tally> arms; ///< merged over all blocks
    std::map<ArmKind, double>
        first_ms; ///< the arm's first request, made alone before its warm-up; absent when it failed
    std::map<ArmKind, std::string> first_error; ///< the class, when it failed
    Equality equality;
    std::optional<Stampede> stampede;
    std::string label = {}; ///< as the plan's
    /// What a good answer of the arm said of caches: the last one that was looked at, before the blocks and
    /// in the arm's first one.
    std::map<ArmKind, CacheSigns> signs = {};
    /// Of the cached arm's requests in the blocks: those that it had asked before, and so could hit whatever
    /// the other arms do. Absent where all its requests are the same one, and where it is not known.
    std::optional<std::uint64_t> asked_before = {};

    /// What people know it by.
    const std::string& shown_name() const { return label.empty() ? name : label; }
    /// What the arm did; nothing where it has no block.
    const Tally& of(ArmKind arm) const;
};

/// One for each of the plan's, named alike, of which nothing was measured yet.
std::vector<EndpointResult> unmeasured_endpoints(const Plan& plan);

/// How long the connections of a run took to establish, those of its warm-up included.
struct Connecting {
    Histogram connect; ///< TCP, or a Unix socket
    Histogram tls;     ///< the handshake, where there is one
    /// Over HTTP/2: requests that a server takes at once over one connection, the least of any; absent where
    /// no server sets a limit.
    std::optional<std::uint32_t> most_streams;

    void merge(const Connecting& other);
};

struct Result;

/// `X-Cache: HIT`, or a place in the answer `/metadata/source=L1,L2`; where endpoints have proofs of their
/// own, each with whose it is: `X-Cache: HIT (summary, trends), CF-Cache-Status: HIT (list)`. `mark` shows a
/// piece of user data. Empty where nothing in an answer proves hits.
std::string hit_proofs_text(const Result& result, std::string (*mark)(std::string_view));

/// Each with its URL: `A and B`, `A, B and C`, `A, B and 3 more`.
std::string names_of(const SharedEntry& entry, const Result& result);

/// As people know these endpoints, at least one: `A and B`, `A, B and C`, `A, B and 3 more`.
std::string names_of(const std::vector<std::size_t>& endpoints, const Result& result);

/// That what had switched the service's cache could not put it back as it was.
struct NotRestored {
    std::string state;       ///< that the cache should be in: `on` or `off`
    std::string why;         ///< no secrets
    std::string remedy = {}; ///< how to put it back by hand, a sentence
};

/// `The service's cache could not be switched on again, as it was before: WHY. REMEDY`
std::string sentence_of(const NotRestored& failure);

/// A finished (or interrupted) run. Everything that is reported is computed from this.
struct Result {
    Plan plan;
    std::vector<EndpointResult> endpoints;
    std::vector<SharedEntry> shared_entries;
    std::vector<Block> blocks;         ///< in the order in which they ran
    std::vector<Stall> stalls;         ///< in the order of time
    std::map<ArmKind, double> seconds; ///< sum over the arm's blocks
    std::optional<StoreWatch> store;   ///< when Plan::counts_in_store
    std::optional<OriginWatch> origin; ///< when Plan::origin_counter names one
    std::vector<UserCheck> users;      ///< of each endpoint and request that was asked as two users
    Connecting connecting;
    /// What the closed loop that took turns with this open one measured (see Plan::closed_loop): endpoints,
    /// blocks, seconds, stalls and store only, for the rest is of both loops together. Null without one.
    std::shared_ptr<Result> closed_loop;
    /// What the cached arm did on its own after the blocks, block after block: endpoints, blocks and seconds
    /// only. In the blocks that take turns entries live on while the other arm runs. Null where nothing
    /// proves hits, where they are a single run's, and at a rate.
    std::shared_ptr<Result> alone;
    bool partial = false;               ///< ended before its end: interrupted, `stopped` or `aborted`
    std::optional<core::Error> stopped; ///< by a store or a hook that failed after the first block
    std::string aborted;                ///< why it was ended early, as was asked for; empty: it was not
    /// The run has left the service's cache otherwise than it was; absent: as it was, or never switched.
    std::optional<NotRestored> not_restored = {};
    std::string started_utc; ///< 2026-01-31T23:59:59Z

    /// Makes `seconds` and every endpoint's `arms` anew from the blocks.
    void sum_up_blocks();
    /// When the first block began, since the run did; 0 without any.
    double begin_of_blocks() const;
    /// All endpoints pooled.
    Tally pooled(ArmKind arm) const;
    /// As if only these endpoints had been measured, in the same blocks.
    Result only(const std::vector<std::size_t>& endpoints) const;
    Result only(std::size_t endpoint) const { return only(std::vector<std::size_t>{endpoint}); }
    /// A response header, or a place in the answers, distinguishes hits from misses.
    bool hits_provable() const { return plan.proves_hits(); }
    /// As if the arm's good responses had been those of one tier only: its latencies, and in the place of
    /// proven hits how many there were. Of that arm only.
    Result of_tier(ArmKind arm, const std::string& tier) const;
    /// The first sign of a hit in an answer of the arm, with its endpoint; absent without any.
    std::optional<std::pair<std::size_t, CacheSigns::Sign>> sign_of_hit(ArmKind arm) const;
    /// The answers of an endpoint in this arm say whether they were hits: some are proven to be, or at least
    /// half are proven to be none. Those that say nothing deny nothing, except beside others that are proven
    /// hits. Where no miss can be proven (see Plan::proves_misses_of), at least half have to be proven hits.
    bool tells_hits(std::size_t endpoint, ArmKind arm) const;
    /// The endpoints that answered in this arm and do not say whether with hits: see tells_hits().
    /// What proves them may get lost on the cached arm's way, so its answers have to say it themselves; of
    /// the other arms it is enough that those of any arm do.
    std::vector<std::size_t> silent_endpoints(ArmKind arm) const;
    /// What share of the lookups of the arm's blocks the store counted as hits; absent when it did not.
    std::optional<double> store_hit_rate(ArmKind arm) const;
    /// What the threads that made the load used of CPU time in the arm's blocks, or in all; absent when it is
    /// not known of each of them.
    std::optional<double> cpu_seconds(std::optional<ArmKind> arm = {}) const;
    /// What share of the time of the arm's blocks these threads were busy, 0..1. Absent also where they spin,
    /// for then they are busy whether there is anything to do or not.
    std::optional<double> generator_busy(ArmKind arm) const;
    /// For what share of that time they were ready to go on and had no core, 0..1, which is in the latencies.
    std::optional<double> generator_waiting(ArmKind arm) const;
    /// How many requests were under way on average while those of the arm that count were, of a closed loop;
    /// absent when it is not known of each of its blocks.
    std::optional<double> concurrency(ArmKind arm) const;
    /// At a rate: more was due than the connections carried, so that the requests waited in a queue which
    /// grows as long as the run goes on. By Little's law: the rate times the mean latency is how many were
    /// due and not answered at a time.
    bool overloaded(ArmKind arm) const;
    /// In so many of the cached arm's blocks, but not the first, what came before the counted requests
    /// missed.
    unsigned blocks_begun_with_misses() const;
    /// Entries expire while the uncached arm runs: more than one block began with misses.
    bool entries_expire_meanwhile() const { return blocks_begun_with_misses() > 1; }
    /// What the cached arm did on its own tells its hit rate, not its blocks: entries expire meanwhile, or
    /// the two rates are further apart than chance and 1 point.
    bool hit_rate_is_alone() const;
    /// Moves every misplaced latency to its arm's block of the same pair; those of a pair without that block
    /// are only left out of the latencies.
    void move_misplaced();
};

/// All endpoints' comparisons of bodies together.
struct EqualitySum {
    std::uint64_t compared = 0;
    std::uint64_t mismatched = 0;
    std::uint64_t blamed_on_cache = 0; ///< of these: see Equality
    std::uint64_t equal_as_json = 0;
};
EqualitySum equality_sum(const Result& result);

} // namespace roacache::bench
