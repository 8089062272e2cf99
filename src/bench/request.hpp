#pragma once

#include "src/bench/plan.hpp"

#include <string>

namespace roacache::bench {

/// A request as it goes over the wire, built once and sent many times.
struct Request {
    std::string bytes;
    bool head = false;       ///< HEAD: the response has no body, whatever its headers say
    bool idempotent = false; ///< may be sent again when the server closed an idle connection (RFC 9110 9.2.2)
    bool close = false;      ///< asks for `Connection: close`
};

/// HTTP/1.1 in origin form. Host, User-Agent, Accept, Content-Length (with a body, and for POST, PUT and
/// PATCH always) and Authorization (Basic, from the URL's user) are added where the headers do not set them.
/// Throws core::Error(usage) for a method, header or target that would break the request, and for CONNECT.
Request build_request(const RequestSpec& spec);

} // namespace roacache::bench
