#pragma once

#include "src/core/error.hpp"
#include "src/net/url.hpp"
#include "src/store/redis/reply.hpp"
#include "src/store/redis/topology/slots.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::redis {

/// One server of several that hold a cache together, as one of them, or a Sentinel, describes it.
struct Node {
    std::string id; ///< the same as long as it is the same server; printable
    net::HostPort address;
    std::string host_name;   ///< that it announces; empty: none
    bool primary = false;    ///< else a replica
    std::string primary_id;  ///< of a replica
    bool failed = false;     ///< the others agree that it is away
    std::string doubt;       ///< of a primary: why another may be about to take its place; empty: none is
    bool suspected = false;  ///< who describes it does not reach it
    std::uint64_t epoch = 0; ///< another one after it took over slots
    SlotSet slots;           ///< that it owns
    SlotSet importing;       ///< whose keys are on their way to it; known of the node that was asked alone
    SlotSet migrating;       ///< whose keys are on their way from it; likewise
    bool tells_importing = true;               ///< false: keys of any slot may be on their way to it
    bool asked = false;                        ///< this description is its own
    std::optional<core::Error> unreached = {}; ///< why what it says of itself could not be had
    std::string run_id; ///< of its process; known of a node that was asked, where it tells
};

/// The lines of CLUSTER NODES (Redis command reference, CLUSTER NODES), without nodes in handshake and those
/// that have neither an address nor slots; absent where the text is of another form.
std::optional<std::vector<Node>> parse_nodes(std::string_view text);

/// The answer to CLUSTER SLOTS, which tells of no epochs and of no slots that move; absent where it is of
/// another form.
std::optional<std::vector<Node>> parse_slots(const Reply& reply);

} // namespace roacache::store::redis
