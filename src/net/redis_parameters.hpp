#pragma once

#include "src/core/clock.hpp"
#include "src/net/url.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::net {

/// What a URL of the redis kinds says besides the address, in the parameters that the services' own clients
/// (redis-py, ioredis, Celery) take. parse_url() reads their `db`, `username` and `password` too, and refuses
/// those that no client knows.
struct RedisParameters {
    bool accept_any_certificate = false;      ///< `ssl_cert_reqs=none`
    std::string ca_file;                      ///< `ssl_ca_certs=FILE`; empty: not given
    std::optional<core::Nanoseconds> timeout; ///< `socket_timeout=SECONDS`
    std::vector<std::string> ignored;         ///< names of those that mean nothing here

    bool operator==(const RedisParameters&) const = default;
};

/// Those of a URL; none where it has none. Throws as parse_url().
RedisParameters redis_parameters(std::string_view url);

/// The whole URL, secrets included, as parse_url() and redis_parameters() read it.
std::string url_text(const Url& url, const RedisParameters& parameters = {});

} // namespace roacache::net
