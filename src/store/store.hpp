#pragma once

#include "src/core/clock.hpp"
#include "src/core/untrusted.hpp"
#include "src/net/url.hpp"
#include "src/store/capabilities.hpp"
#include "src/store/connect_options.hpp"
#include "src/store/self_report.hpp"
#include "src/store/walk.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store {

/// One of several servers that hold a cache together.
struct Member {
    std::string node;                ///< as messages name it
    std::string role;                ///< `master`, `replica`
    std::string primary;             ///< of a replica, its node; empty: not known
    std::uint64_t slots = 0;         ///< of a cluster, that it owns
    std::string slot_ranges;         ///< `0-5460 7000`
    bool answers = true;             ///< false: it is away
    std::optional<bool> linked = {}; ///< of a replica: what its primary writes reaches it
    std::optional<std::uint64_t> lag_bytes =
        {}; ///< of a replica: what its primary has written and it has not confirmed
};

/// One of the places in which a service keeps entries.
struct TierFigures {
    std::string name; ///< `memory`, `sqlite`, `redis`
    std::optional<std::uint64_t> entries, hits, misses;
};

/// Who answers. What the server does not report, or does not let this user see, is absent.
struct Info {
    std::optional<core::Untrusted> kind;        ///< `redis`, `valkey`, `keydb`, `garnet` …
    std::optional<core::Untrusted> version;     ///< of that kind's own numbering
    std::optional<core::Untrusted> role;        ///< `master`, `replica`, KeyDB's `active-replica`
    std::optional<core::Untrusted> topology;    ///< `standalone`, `sentinel`, `cluster`
    std::optional<std::uint64_t> cluster_nodes; ///< in the cluster that the node belongs to
    std::optional<core::Untrusted> link;    ///< of a replica to its primary, or one of several: `up`, `down`
    std::optional<core::Untrusted> primary; ///< of a replica: `host:port` as it knows it
    std::vector<std::string> nodes;         ///< as messages name them; the one that answers first
    bool whole = true;                      ///< false: a part of the keys is on servers that do not answer
    std::vector<Member> members;            ///< of several servers, all that are known
    std::optional<core::Untrusted> dialect; ///< of a management API: `hybrid`, `hr`
    std::optional<core::Untrusted> backend; ///< what a service says that it keeps its entries in now
    std::optional<bool> fallback;           ///< that is only its stand-in for what it should be
    /// Whether a service looks for changes in its database now, and drops what they make stale.
    std::optional<bool> auto_invalidate_running;
    std::vector<TierFigures> tiers;    ///< of a service, how many entries it says are where
    std::vector<std::string> warnings; ///< what is wrong although it answers; printable
};

/// By what a store is recognised when it is met again.
struct Identity {
    /// Names and values, all of which are the same as long as it is the same store: of a server the run id of
    /// its process, of a cluster the ids of its primaries, of a file its place. Empty: the store does not
    /// tell.
    std::map<std::string, std::string> parts;
    std::map<std::string, std::string> state; ///< what may change meanwhile: a cluster's epochs
    std::string unknown;                      ///< why it does not tell; printable
};

/// Queries that the cache answered in the database's place.
struct QueriesSaved {
    std::optional<std::uint64_t> day, week; ///< the last 24 hours, and seven days
    std::optional<std::uint64_t> total;     ///< ever, as far as the service keeps a log
};

/// How long answers of one type took on the average in the last 24 hours, in milliseconds. Absent: there was
/// none.
struct ResponseTimes {
    core::Untrusted type;
    std::optional<double> cached_ms, origin_ms;
    std::optional<double> told_percent = {}; ///< the improvement as the service tells it, by means uncut

    /// How much less time the cache takes; negative where it takes more. Absent where one is not known.
    std::optional<double> improvement_percent() const {
        if (told_percent) return told_percent;
        if (!cached_ms || !origin_ms || *origin_ms <= 0) return std::nullopt;
        return 100 * (1 - *cached_ms / *origin_ms);
    }
};

/// What a service's log says of one type of answers, as long as it goes back.
struct TypeLookups {
    core::Untrusted type;
    std::uint64_t hits = 0, misses = 0;

    /// Hits among all, 0 to 1; absent where there was no lookup.
    std::optional<double> hit_rate() const {
        if (hits + misses == 0) return std::nullopt;
        return static_cast<double>(hits) / static_cast<double>(hits + misses);
    }
};

/// What switches the service's use of its cache.
struct Switches {
    std::optional<bool> global, user, auto_invalidate;
};

/// What the server counts since it was started (or its counters were reset), and its state. What it does not
/// report is absent.
struct Statistics {
    bool refused = false; ///< the server does not let this user ask for most of them
    std::optional<std::uint64_t> hits, misses, evictions, expirations;
    std::optional<std::uint64_t> memory_used, memory_peak;
    std::optional<std::uint64_t> memory_limit;    ///< 0: none
    std::optional<core::Untrusted> memory_policy; ///< such as `allkeys-lru`
    std::map<unsigned, std::uint64_t> databases;  ///< keys in each that has some; empty where it is not known
    /// The memory limit is reached and nothing can be evicted, so that the server refuses what is to be
    /// written; absent where what it reports does not decide that.
    std::optional<bool> refuses_writes;
    std::optional<double> memory_fragmentation;
    std::optional<std::uint64_t> clients, uptime_s;
    std::optional<core::Untrusted> run_id; ///< another one after each start of the server
    std::optional<std::uint64_t> keys;     ///< in the selected database
    /// Commands that asked for times to live, types and idle times, by whomever: the server counts them among
    /// its hits and misses.
    std::optional<std::uint64_t> metadata_lookups;

    std::optional<QueriesSaved> queries_saved;
    std::vector<ResponseTimes> response_times; ///< by type
    std::vector<TypeLookups> lookups;          ///< by type; empty where the store keeps no log of them
    std::string why_no_lookups;                ///< of a file, why its log tells no hits and misses; printable
    std::vector<TierFigures> tiers;            ///< where hits and misses are of some of several alone
    std::optional<Switches> switches;
    std::optional<core::Untrusted>
        backend;                      ///< what the service keeps its entries in now: `redis`, `in-memory`
    std::vector<std::string> remarks; ///< what has to be known to read these figures rightly; printable
};

/// One element of a value that has several.
struct Element {
    std::string name; ///< a hash's field, a sorted set's member, a stream entry's id; empty in lists and sets
    /// One, of a sorted set the score as the server writes it; of a stream entry its fields and values in
    /// turn.
    std::vector<std::string> values;
};

/// One entry, looked at closely. What the store does not report is absent.
struct Value {
    Description description;
    std::optional<core::Untrusted> encoding;  ///< the server's name for how it stores the value
    bool is_string = true;                    ///< one string of bytes; false: a list, a set, …
    std::optional<std::uint64_t> size;        ///< of a string in bytes, of anything else in elements
    std::optional<std::chrono::seconds> idle; ///< since it was last read or written
    std::optional<std::uint64_t> frequency;   ///< of use, where that is what the server evicts by: 0 to 255,
                                              ///< by a logarithmic scale
    std::string head;                         ///< of a string: its first bytes, at most as many as asked for
    std::vector<Element>
        elements; ///< of anything else: the first, of at most as many bytes; the last may be cut
    bool elements_whole = true;  ///< false: there are more, or the last was cut
    bool counted_as_use = false; ///< looking at it counted as use: its idle time begins anew
    std::string not_here; ///< why the entry has no value of its own, in a few words; printable, empty: it has
    std::optional<core::Untrusted> file; ///< that has it instead, as the entry names it
};

/// Who listens to a channel.
struct Listeners {
    std::uint64_t count = 0;
    bool all = true; ///< false: there may be more
};

/// A cache, wherever it is stored. Every failure is a core::Error (see its layer's rules): unreachable when
/// the store does not answer in time, refused when it does not let us. Not for use by several threads at
/// once.
class Store {
  public:
    virtual ~Store() = default;

    /// How messages name the store; no secrets.
    virtual std::string name() const = 0;
    virtual Info info() = 0;
    virtual Identity identity() = 0;
    /// Of several servers the one whose slot the key is in, as they said when they were last asked; empty
    /// where there is one alone, and where none owns the slot.
    virtual std::string node_of(const std::string& key);
    /// The time of one round trip that does no work.
    virtual core::Nanoseconds ping() = 0;
    virtual Statistics statistics() = 0;
    /// How many entries there are, those too that have expired and still take up room, where statistics()
    /// does not tell it: the more there are, the longer it takes. Absent where the store cannot tell.
    virtual std::optional<std::uint64_t> count_entries() { return std::nullopt; }
    /// What may be asked of it, probed, and why not the rest: what is missing throws core::Error(refused),
    /// before anything is changed.
    virtual Capabilities capabilities() = 0;
    /// What no store of this kind can do, whoever asks, and why; known without asking it.
    virtual Capabilities of_kind() const { return {}; }

    /// Whether a removal is told how many keys went, known without asking.
    virtual bool counts_removals() const { return true; }

    /// Whether a server of its own answers, whose time WalkRequest::load can spare.
    virtual bool has_server() const { return true; }

    /// Why the size of an entry may be unknown.
    virtual std::string why_no_size() const {
        return "the server does not tell this user the size of every key, or tells less than its name takes "
               "(MEMORY USAGE)";
    }

    /// Whether what a walk looks up is counted among the hits and misses of statistics().
    virtual bool counts_walks() const { return has_server(); }

    /// What has to be known to read rightly what a walk finds and, of a `removal`, what goes besides;
    /// printable, each to stand as a note of its own. Throws as walk() does.
    virtual std::vector<std::string> remarks(bool removal);

    /// Whether it was opened to be asked of replicas alone (ConnectOptions::reads_replicas), and can be.
    virtual bool reads_replicas() const { return false; }

    /// Begins a walk; nothing else may be asked of the store before it is gone.
    virtual std::unique_ptr<Walk> walk(WalkRequest request) = 0;

    /// The entries of a key that somebody named, as inspect() and read() tell them apart: several where
    /// others share it, and none where it is known that there is none.
    virtual std::vector<FoundKey> entries_of(const std::string& key);
    /// How long ago the last of the key's entries expired that still take up room, where none lives.
    virtual std::optional<std::chrono::milliseconds> expired_for(const std::string& key);

    /// Absent when there is no such entry. A value of any size is served: no more than `max_bytes` are handed
    /// out. With 0 the value is not looked at, nor its size where that would count as use. Of a key that
    /// somebody named, the first of its entries.
    virtual std::optional<Value> inspect(const FoundKey& entry, std::size_t max_bytes) = 0;

    /// Up to `max_bytes` (at most 16 MiB) of a string's value from `offset` on; empty behind its end.
    virtual std::string read(const FoundKey& entry, std::uint64_t offset, std::size_t max_bytes) = 0;

    /// Gives the room of what was removed back to the system. Throws core::Error(refused) where the store
    /// does that by itself or not at all.
    virtual void give_back_space();

    /// All that each server says of itself, primaries first, and whether this user may run the commands of
    /// `asked` there; changes nothing. Of several servers one that does not answer tells nothing but why, and
    /// comes last. Throws core::Error(refused) where the store is no server of entries.
    virtual std::vector<SelfReport> self_reports(const std::vector<CommandWords>& asked);

    /// Publishes to whoever listens to the channel; to how many the server has handed the message. Throws
    /// core::Error(refused) where the store has no channels.
    virtual std::uint64_t publish(const std::string& channel, const std::string& message);
    /// Who listens to it at the other servers that hand a message on, of whom publish() does not tell. Throws
    /// core::Error.
    virtual Listeners listeners_elsewhere(const std::string& channel);

    /// What a removal has left although it was meant, where that can be seen: other workers of a service,
    /// each with a memory of its own. Empty: nothing is known.
    virtual std::string out_of_reach() { return {}; }

    /// Has the service drop everything that it caches; what it says of that. Throws core::Error(refused)
    /// where the store is no service's management API.
    virtual core::Untrusted clear();
    /// Has the service time its own cache; its answer. Throws as clear() does, and where it has no such call.
    virtual nlohmann::json benchmark();
};

/// Throws core::Error(refused) where the load is limited of a store that has no server.
void check_load(const Store& store, const WalkRequest& request);

/// Throws core::Error(refused) `WHAT: NAME: WHY` where no store of this kind can do it.
void require(const Store& store, Capability capability, const std::string& what);

/// Connects to the store that the URL names. Throws core::Error(usage) for a kind that cannot be served.
std::unique_ptr<Store> open_store(const net::Url& url, const ConnectOptions& options = {});

} // namespace roacache::store
