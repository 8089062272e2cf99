#pragma once

#include "src/bench/model/arm_kind.hpp"
#include "src/bench/model/connect_to.hpp"
#include "src/bench/model/hit_json.hpp"
#include "src/bench/model/json_path.hpp"
#include "src/bench/model/parameter.hpp"
#include "src/bench/model/uncached_method.hpp"
#include "src/core/clock.hpp"
#include "src/http/request.hpp"
#include "src/http/status_set.hpp"
#include "src/net/tls.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace roacache::bench {

/// A response header that proves a hit, such as `X-Cache: HIT`; Age, X-Varnish and X-Cache-Hits do without a
/// value. How it is read: see HitProof.
struct HitHeader {
    std::string name;
    std::string value;
    bool operator==(const HitHeader&) const = default;
    std::string text() const { return value.empty() ? name : name + ": " + value; }
};

/// Of which any proves a hit; none: nothing does. What carries one of them without a hit is a miss, but for
/// Age: see HitForm.
using HitHeaders = std::vector<HitHeader>;

/// With fewer blocks an interval is shown but judged by nothing: it is wide, and how wide is hardly known.
inline constexpr std::size_t k_least_blocks = 10;

/// After the blocks: an endpoint's entries are removed and so many callers ask for it at once, so often.
struct StampedePlan {
    unsigned rounds = 20;  ///< for each endpoint
    unsigned callers = 10; ///< at least 1
};

/// The same question asked of the cached and of the uncached service; the arm `miss` asks as the cached one
/// does. For a single run, and so for a drill, only `single` is set.
struct EndpointPlan {
    std::string name; ///< the URL as printed, secrets redacted
    std::optional<http::RequestSpec> cached;
    std::optional<http::RequestSpec> uncached;
    std::optional<http::RequestSpec> single;
    std::vector<JsonPath> ignored = {};    ///< what may differ between answers that are JSON
    std::string label = {};                ///< what the user calls it; empty: by its name
    unsigned weight = 1;                   ///< its requests for each one of an endpoint of weight 1
    HitHeaders hit_headers = {};           ///< in place of the plan's, which then has some too
    std::optional<HitJson> hit_json = {};  ///< proves hits too, and names the tier of each answer
    std::vector<std::string> asserts = {}; ///< what has to hold of it alone: see parse_assert()
    ParameterList parameters = {};         ///< of its requests
    std::string varied = {};               ///< the cached or single arm's parameters, described
    std::string asked = {};                ///< the cached or single arm's asked_by(); empty in older runs
    std::string expected_text = {};        ///< as EndpointSpec::expected_text
    std::optional<std::vector<std::string>> headers = {}; ///< its headers_of(); absent in older runs
    std::optional<bool> keep_alive = {};                  ///< its keeps_alive(); absent in older runs
    /// How the cache is gone past: describe_with_url(). Empty for a single run, and in older ones.
    std::string uncached_by = {};

    const std::optional<http::RequestSpec>& spec(ArmKind arm) const;
    /// The parameters that make another question of it: those of the cached, or the single, request.
    std::vector<const Parameter*> asked_with() const;
};

/// What is asked of one endpoint, and how it is answered without the cache.
struct EndpointSpec {
    std::string label = {};             ///< what the user calls it; empty: by its URL
    http::RequestSpec request;          ///< what the cached service is asked
    UncachedMethods uncached = {};      ///< none: it is asked for itself alone, as are all others
    std::vector<JsonPath> ignored = {}; ///< as EndpointPlan::ignored
    unsigned weight = 1;                ///< as EndpointPlan::weight
    HitHeaders hit_headers = {};
    std::optional<HitJson> hit_json = {};
    std::vector<std::string> asserts = {}; ///< as EndpointPlan::asserts
    std::string expected_text = {}; ///< answers whose body has it nowhere are errors; empty: all may be good
    ParameterList parameters = {};  ///< of its requests, in whichever arm
};

/// How the load is made, whatever is asked.
struct LoadSpec {
    std::uint64_t requests =
        1000; ///< for each arm and endpoint of weight 1, over all blocks; warm-up not counted
    std::optional<core::Nanoseconds>
        duration; ///< of all blocks together; when set, it ends the run instead of `requests`
    std::optional<std::uint64_t>
        duration_cap; ///< with `duration`: at most so many requests for each arm and endpoint
    /// Requests a second, all endpoints of an arm together, begun on a fixed schedule whatever the answers
    /// do (an open loop). Absent: each connection begins its next request when its last one is answered.
    std::optional<double> rate;
    /// With `rate`: requests at once of a closed loop that takes turns with the open one, so that what the
    /// closed one hides can be seen. `duration` is for both together, `requests` for each. Asserts are judged
    /// by the open one.
    std::optional<unsigned> closed_loop;
    /// Requests under way at once; with `rate` the most there may be. Each has a connection of its own,
    /// unless `streams` share one.
    unsigned concurrency = 10;
    /// That make the load, each with its even share of the connections; at most as many as `concurrency`.
    unsigned threads = 1;
    bool http2 = false;
    unsigned streams = 1;      ///< HTTP/2: requests at once over one connection; at most `concurrency`
    std::uint64_t warmup = 10; ///< requests for each arm and endpoint before the first block, not counted
    /// Pairs of blocks (single: blocks); never more than `requests`, and fewer, but at least 10, where there
    /// are too few requests to keep all connections busy in each: see Plan::pairs().
    unsigned blocks = 30;
    std::uint64_t seed = 1; ///< of the random order of arms in each pair and of endpoints in a block
    core::Nanoseconds timeout = std::chrono::seconds(5); ///< for each request, connecting included
    net::TlsOptions tls;
    std::vector<ConnectTo> connect_to = {}; ///< the first that is for a URL's host says where it is
    /// What counts the origin's queries, as printed, secrets redacted; it is read around each block. Empty:
    /// nothing does.
    std::string origin_counter = {};
    std::optional<std::uint64_t>
        demo_rows;                ///< in the ledger of the reference service, where that is measured
    bool counts_in_store = false; ///< the store's counters are read around each block, as proof of the hits
    std::optional<StampedePlan> stampede; ///< where misses are forced only
    /// Of two users who are asked the same after the blocks, each for himself (see UserChecker); secret.
    /// Empty: nobody is.
    std::vector<std::string> user_tokens = {};
    /// In three phases of as many blocks each: the cache is stopped before the second, and is back before the
    /// third. For a single run in a closed loop.
    bool drill = false;
    bool spin =
        false; ///< look for answers without ever sleeping: a core for a few microseconds less a request
    bool compare = true;      ///< compare the bodies of the arms
    http::StatusSet expected; ///< answers with another status are errors
};

/// Everything a run needs to know.
struct Plan : LoadSpec {
    std::vector<EndpointPlan> endpoints; ///< at least one
    bool single = false;                 ///< nothing is compared
    HitHeaders hit_headers;
    /// The arm whose requests are made misses by removing their entries from the store beforehand: `uncached`
    /// where that is how the cache is gone past, or `miss`, a third arm. Requests of that arm run at most one
    /// at a time for each endpoint. In a closed loop only.
    std::optional<ArmKind> forced;

    /// That carry `concurrency` requests, in each thread as few as can.
    unsigned connections() const;
    /// The most requests that are under way at once.
    unsigned most_callers() const {
        return std::max({concurrency, stampede ? stampede->callers : 0, closed_loop.value_or(0)});
    }
    /// Of the closed loop that takes turns with this open one; `closed_loop` is set.
    Plan as_closed_loop() const;
    /// Requests of one arm until each endpoint had its share: the sum of the weights.
    std::uint64_t round_size() const;
    /// Something in the answers of each endpoint proves hits.
    bool proves_hits() const;
    /// The answers of an endpoint say of which tier they are.
    bool names_tiers() const;
    /// What proves a hit of this endpoint.
    const HitHeaders& hit_headers_of(std::size_t endpoint) const;
    /// What proves a hit is the same for every endpoint.
    bool same_hit_proofs() const;
    /// What proves a hit of this endpoint is a header, or a place in its answers.
    bool proves_hits_of(std::size_t endpoint) const {
        return !hit_headers_of(endpoint).empty() || endpoints[endpoint].hit_json;
    }
    /// What proves a hit of this endpoint proves misses, too. Age alone does not: 0 is said of a fresh
    /// answer, and of a hit within its first second.
    bool proves_misses_of(std::size_t endpoint) const;
    bool proves_misses() const; ///< of any endpoint
    /// As if only these endpoints were measured.
    Plan only(const std::vector<std::size_t>& some) const;
    Plan only(std::size_t endpoint) const { return only(std::vector<std::size_t>{endpoint}); }
    /// The arms of this run: {single}, {cached, uncached}, {cached, uncached, miss} or {up, down, back}.
    std::vector<ArmKind> arms() const;
    /// Where the arm's good responses belong that its proof shows to be something else: misses of the cached
    /// arm to the arm of forced misses, hits of any other to the cached arm. Nothing when there is no such
    /// arm.
    std::optional<ArmKind> arm_by_proof(ArmKind arm) const;

    /// The most requests that each arm and endpoint can get, in each loop; absent where only the service's
    /// speed decides.
    std::optional<std::uint64_t> most_requests() const;
    /// Of blocks, in each loop: as many as planned, but none without a request; of a closed loop only so many
    /// that each has 3 requests for each connection, but at least k_least_blocks, if as many are planned: all
    /// connections are kept busy before and after each block, which must not take longer than the blocks do.
    unsigned pairs() const;
};

/// The plan of a run over these endpoints, of which there is at least one. All of them are asked for
/// themselves alone, or none; of none or all a header or a place in the answer proves hits, and misses are
/// forced in the same arm: throws core::Error(usage) where they are not alike. Also for a parameter without
/// values, or that no request holds, for a place in a URL that no parameter fills, and where misses are
/// forced of requests that differ.
Plan make_plan(std::vector<EndpointSpec> endpoints, const LoadSpec& load);

/// Throws core::Error(usage) where a rule of `connect_to` is for no URL of the plan: what it names would be
/// asked after all.
void check_connect_to(const Plan& plan);

} // namespace roacache::bench
