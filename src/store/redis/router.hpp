#pragma once

#include "src/store/redis/server.hpp"
#include "src/store/walk.hpp"

#include <utility>

namespace roacache::store::redis {

/// Which server is asked. There is one, and unless it is known to hold a part of the keys alone it serves
/// only what it can answer for all keys.
class Router {
  public:
    Router(Server server, bool one_of_several)
        : server_(std::move(server)), one_of_several_(one_of_several) {}

    /// For what every server can be asked, whatever it holds.
    Server& any() { return server_; }
    const Server& any() const { return server_; }
    /// For keys that are looked at. Throws core::Error(refused) where the server does not have all keys: a
    /// node of a cluster, or a Sentinel.
    Server& for_reading();
    /// For keys that are changed by the act. Throws the same, and for a replica, with the address of its
    /// primary: what one removes there stays in the primary, also where the replica takes changes of its own.
    Server& for_act(Act act);

  private:
    Server server_;
    bool one_of_several_;
};

} // namespace roacache::store::redis
