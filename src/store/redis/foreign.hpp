#pragma once

#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/net/url.hpp"

#include <optional>
#include <string_view>

namespace roacache::store::redis {

/// The kind of server that begins to talk with `first_bytes`, such as `an HTTP server`; empty for a Redis and
/// for what is not known.
std::string_view foreign_kind(std::string_view first_bytes);

/// Finds out what answers at a URL whose server ended the first conversation without anything that could be
/// understood: asks it over connections of its own whether it speaks TLS where the URL says that it does not,
/// Redis without TLS where the URL says TLS, or another protocol. Sends no secret. The error to report
/// instead; absent when nothing was found out before the deadline.
std::optional<core::Error> find_out_what_answers(const net::Url& url, core::Deadline deadline);

/// Whether that was found out: Redis without TLS where TLS was to be spoken.
bool is_redis_without_tls(const core::Error& error);

/// `kind` answers in place of a cache.
core::Error foreign_server(const std::string& peer, std::string_view kind);

} // namespace roacache::store::redis
