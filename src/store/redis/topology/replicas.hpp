#pragma once

#include "src/store/redis/server.hpp"
#include "src/store/redis/topology/topology.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace roacache::store::redis {

/// A replica as its primary sees it (INFO replication).
struct Replica {
    net::HostPort address;
    bool online = false;
    std::uint64_t offset = 0; ///< what it has confirmed, in bytes of the primary's history
};

/// The replicas in the fields of INFO replication, and none where they do not tell.
std::vector<Replica> replicas_in(const Fields& fields);

/// Asks a primary whether the replicas that are known and not away are connected to it, and have confirmed
/// what it had when it was asked; waits a moment for that. Says what is missing, in words that stand behind a
/// colon; empty where nothing is, or where the server does not tell.
std::string replicas_behind(Topology& topology, const Node& primary);

} // namespace roacache::store::redis
