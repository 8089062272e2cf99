#pragma once

#include "src/net/url.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace roacache::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// One request as the user describes it.
struct RequestSpec {
    net::Url url; ///< of kind http
    std::string method = "GET";
    Headers headers; ///< in addition to Host, User-Agent, Accept and, with a body, Content-Length
    std::string body;
};

enum class Protocol : std::uint8_t { http1, http2 };

/// A request made ready, built once and sent many times.
struct Request {
    std::string bytes;       ///< HTTP/1.1: as it goes over the wire
    Headers fields = {};     ///< HTTP/2: in order, names in lower case, pseudo-header fields first
    std::string body = {};   ///< HTTP/2
    bool head = false;       ///< HEAD: the response has no body, whatever its headers say
    bool idempotent = false; ///< may be sent again when the server closed an idle connection (RFC 9110 9.2.2)
    bool close = false;      ///< asks for `Connection: close`
};

/// In origin form. Host, User-Agent, Accept, Content-Length (with a body, and for POST, PUT and
/// PATCH always) and Authorization (Basic, from the URL's user) are added where the headers do not set them.
/// Throws core::Error(usage) for a method, header or target that would break the request, and for CONNECT.
///
/// In HTTP/2 Host becomes `:authority`, and what speaks of the connection is refused: Connection,
/// Transfer-Encoding and others that it has not (RFC 9113 8.2.2).
Request build_request(const RequestSpec& spec, Protocol protocol = Protocol::http1);

} // namespace roacache::http
