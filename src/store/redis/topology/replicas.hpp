#pragma once

#include "src/store/redis/server.hpp"

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

/// Waits until every replica that is online has confirmed what its primary had when this was called, for at
/// most `limit`. Says which have not, in words that stand behind a colon; empty where all have, or where the
/// server does not tell.
std::string replicas_behind(Server& server, core::Nanoseconds limit);

} // namespace roacache::store::redis
