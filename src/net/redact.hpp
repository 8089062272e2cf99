#pragma once

#include <string>
#include <string_view>

namespace roacache::net {

/// `path?a=1&token=***`: a target with the values of secret-looking parameters hidden.
std::string redact_target(std::string_view target);

/// `name=value`, several with `&` or `;` between them and names percent-encoded or not: the values of
/// secret-looking names, and values with a secret in them, hidden.
std::string redact_parameters(std::string_view parameters);

/// What may be shown of a text that did not parse as a URL: at most 200 bytes of printable ASCII, credentials
/// as `***`, and `***` for everything that could be a password, so also for a query and for a path that is
/// more than digits and slashes. What has no scheme is shown only when it is a
/// host, with or without a port.
std::string redact_broken_url(std::string_view text);

} // namespace roacache::net
