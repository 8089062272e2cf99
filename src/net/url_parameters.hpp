#pragma once

#include <string_view>

namespace roacache::net {

/// What a parameter of a redis URL means.
enum class UrlParameter {
    database,
    user,
    password,
    certificate_check, ///< `none`, `optional` or `required`, also as `CERT_NONE` …
    ca_file,
    timeout, ///< in seconds, or `None`
    ignored, ///< known to clients of services, and nothing that matters here
    unknown
};

/// By its name, as redis-py, ioredis, Celery and Symfony spell it.
UrlParameter url_parameter(std::string_view name);

/// Where the query of a redis URL begins: at the first `?` that a known parameter and its `=` follow; the end
/// when there is none. A `?` of a password is thus distinguished from it.
std::size_t begin_of_query(std::string_view text);

} // namespace roacache::net
