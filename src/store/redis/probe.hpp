#pragma once

#include "src/store/capabilities.hpp"
#include "src/store/redis/router.hpp"

#include <string>

namespace roacache::store::redis {

/// A name that no key has.
std::string unused_name();

/// What may be asked of the server as this user, found out by asking, about `key`, which nobody has.
/// Commands about a key are queued in a transaction that is given up, so that none of them is run, or counted
/// as a miss, where the server has transactions. Throws core::Error where the server answers nothing at all.
Capabilities probe(Router& router, const std::string& key = unused_name());

} // namespace roacache::store::redis
