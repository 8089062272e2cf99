#pragma once

#include "src/demo/http/request_framing.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace roacache::demo {

/// What a request says of where it comes from; empty for what it does not say.
struct RequestOrigin {
    std::string_view method;
    std::string_view host;          ///< Host: the name by which the service was called
    std::string_view origin;        ///< Origin: the page that a browser asks for
    std::string_view fetch_site;    ///< Sec-Fetch-Site
    std::string_view content_type;  ///< Content-Type
    std::string_view local_address; ///< at which the connection arrived
    bool has_host = false;
    bool has_body = false;
};

/// Whether an IP address as text is one of loopback, which nobody but this machine reaches.
bool is_loopback(const std::string& address);

/// Whether a request means this service and comes from where it may. A page of the web can have a browser
/// send requests to this machine: by a name of the page's own that it lets point here (DNS rebinding), or
/// with a form. So a request has to name the service by a name or an address that it listens on, and one that
/// changes something has to come from no other page and carry JSON, which a form cannot.
class RequestGate {
  public:
    /// `names` in addition to `localhost`, the addresses of loopback and the one at which a connection
    /// arrives.
    explicit RequestGate(std::vector<std::string> names);

    /// 421 for a Host of others (ports do not count); where the method changes something, 403 for the page of
    /// another host, 415 for what is not JSON. A status of 0 lets it through.
    Refusal check(const RequestOrigin& request) const;

  private:
    bool names_service(std::string_view host, std::string_view local_address) const;

    std::vector<std::string> names_;
};

} // namespace roacache::demo
