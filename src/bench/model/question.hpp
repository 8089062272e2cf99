#pragma once

#include "src/bench/model/parameter.hpp"
#include "src/http/request.hpp"

#include <string>
#include <vector>

namespace roacache::bench {

/// What is asked besides the URL, to tell another question from the same one: `GET`, or with a body `POST 16
/// bytes 8a29`, the last being 16 bits of its XXH3, too few to guess a secret by; then the parameters, each
/// with such a hash of its values.
std::string asked_by(const http::RequestSpec& request, const ParameterList& parameters);

/// The headers that make another question of it, in ascending order: `accept-encoding 8a29`, with such a hash
/// of the value. Of secrets (`authorization`, `cookie`, `x-api-key`), and of ids that trace a request through
/// services, the name alone. Without what is sent of itself, and without Connection: see keeps_alive().
std::vector<std::string> headers_of(const http::RequestSpec& request);

/// Whether the connection is there for the next request, as far as this one says.
bool keeps_alive(const http::RequestSpec& request);

} // namespace roacache::bench
