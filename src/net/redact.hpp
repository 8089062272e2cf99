#pragma once

#include <string>
#include <string_view>

namespace roacache::net {

/// `path?a=1&token=***`: a target with the values of secret-looking parameters hidden.
std::string redact_target(std::string_view target);

/// What may be shown of a text that did not parse as a URL: at most 200 bytes of printable ASCII, credentials
/// as `***`, and `***` for everything that could be a password.
std::string redact_broken_url(std::string_view text);

} // namespace roacache::net
