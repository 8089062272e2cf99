#pragma once

#include "src/store/redis/topology/topology.hpp"

#include <string>

namespace roacache::store::redis {

/// Asks a primary whether the replicas that are known and not away are connected to it, and have confirmed
/// what it had when it was asked; waits a moment for that. Says what is missing, in words that stand behind a
/// colon; empty where nothing is, or where the server does not tell.
std::string replicas_behind(Topology& topology, const Node& primary);

} // namespace roacache::store::redis
