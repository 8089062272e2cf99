#pragma once

#include "src/store/redis/server.hpp"
#include "src/store/self_report.hpp"

namespace roacache::store::redis {

/// Asks the server for all that it says of itself, and whether this user may run the commands of `asked`.
/// Runs nothing that changes anything. Throws core::Error as Server::ask_tolerated() does.
SelfReport self_report(Server& server, const std::vector<CommandWords>& asked);

} // namespace roacache::store::redis
