#pragma once

#include "src/config/settings.hpp"

namespace roacache::store {

/// Makes one URL of what the layers say of the address. A part of a higher precedence than the whole URL is
/// put in its place there: REDIS_DB=3 is database 3 of that server. A host of a higher precedence is used
/// alone, with the usual port and database 0, where the URL would give the same; where it would not, which of
/// them was meant cannot be known, and that becomes the result's `problem`, as does what is no address. A
/// host may be written `tls://HOST`, `HOST:PORT` or as the path of a socket, as services' clients take it.
/// The result's trust is that of the least trusted place that says where the server is.
config::Setting<std::string> put_together(const config::Address& address);

} // namespace roacache::store
