#pragma once

#include "src/net/url.hpp"
#include "src/store/redis/reply.hpp"
#include "src/store/store.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::redis {

/// The fields of an INFO or HELLO answer by name.
using Fields = std::map<std::string, std::string, std::less<>>;

/// Takes the lines `name:value` of INFO apart; anything else is passed over. Valkey's `server_mode` is there
/// as `redis_mode` too, and what KeyDB tells of its second primary as `master_1_…`.
Fields parse_info(std::string_view text);

/// Takes the flat list of names and values that HELLO gives in RESP 2 apart; anything else gives nothing.
Fields parse_hello(const Reply& reply);

/// `nodes` is left empty. What INFO does not say is taken from HELLO; `cluster` is of CLUSTER INFO.
Info read_info(const Fields& info, const Fields& hello, const Fields& cluster = {});

/// Of INFO commandstats: how often anybody asked for a time to live, a type or an OBJECT's facts, which the
/// server counts among its hits and misses; absent when it lists no command.
std::optional<std::uint64_t> count_metadata_lookups(const Fields& commandstats);

/// A field that is a whole number of at least 0 and fits.
std::optional<std::uint64_t> number_in(const Fields& fields, std::string_view name);

/// A replica as its primary sees it.
struct Replica {
    net::HostPort address;
    bool online = false;
    std::uint64_t offset = 0;                 ///< what it has confirmed, in bytes of the primary's history
    std::optional<std::uint64_t> heard_ago_s; ///< absent where it is not told
};

/// The replicas in the fields of INFO replication, and none where they do not tell.
std::vector<Replica> replicas_in(const Fields& fields);

/// Of a replica: the link to a server that it copies, of which KeyDB may have several.
struct PrimaryLink {
    std::optional<core::Untrusted> primary; ///< `host:port` as it knows it
    core::Untrusted status;                 ///< `up`, `down`
    bool filling = false;                   ///< it is being given everything
    std::optional<std::uint64_t> down_for_s, left_bytes;
    bool is_up() const { return status == "up"; }
};

/// Those in the fields of INFO replication, and none where they do not tell.
std::vector<PrimaryLink> primary_links_in(const Fields& fields);

/// Whether the server copies others, as it says itself: KeyDB's active replicas take writes beside that.
bool is_replica(const Fields& fields);

Statistics read_statistics(const Fields& info);

} // namespace roacache::store::redis
