#pragma once

#include "src/demo/http/router.hpp"

#include <string>

namespace roacache::demo {

/// What becomes of the connection.
enum class Persistence : std::uint8_t {
    as_usual, ///< of HTTP/1.1: kept
    kept,     ///< says so to a client of HTTP/1.0
    closed,
};

/// The answer as it goes over the wire; `without_body`: to HEAD.
std::string answer_text(const HttpReply& reply, Persistence persistence, bool without_body = false);

} // namespace roacache::demo
