#pragma once

#include "src/core/clock.hpp"
#include "src/http/request.hpp"
#include "src/net/stream.hpp"
#include "src/net/tls.hpp"

#include <string>
#include <vector>

namespace roacache::http {

struct Answer {
    int status = 0;
    std::string body;
    std::string location = {}; ///< of a redirect, which is not followed
    std::string content_encoding = {};
    std::vector<std::string> set_cookies = {}; ///< the values of Set-Cookie, in their order
};

/// One request over a connection of its own, and its answer; for what is asked outside the measurement.
/// The deadline, or the timeout from now on, is for all of it. Throws core::Error: unreachable where there is
/// no whole answer in time, refused where what comes is no HTTP or longer than 1 MiB.
Answer exchange(RequestSpec spec, const net::TlsOptions& tls, core::Deadline deadline);
Answer exchange(RequestSpec spec, const net::TlsOptions& tls, core::Nanoseconds timeout);

/// The same over a connection that is there, which is of no more use then.
Answer exchange(const Request& request, net::Stream& stream, core::Deadline deadline);

} // namespace roacache::http
