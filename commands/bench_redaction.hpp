#pragma once

#include <string>
#include <vector>

namespace roacache::commands {

/// What was given on the command line of `bench`, with `***` in place of what is secret, or looks so.
std::string redacted_header(const std::string& text); ///< `Name: value`
std::string redacted_hook(const std::string& command);
std::string redacted_url(const std::string& text);
/// `option` says what the value is, as `-H` or `--data`.
std::string redacted_value(const std::string& option, const std::string& value);

/// The command line for a report, quoted for a shell, with the values of secrets replaced by `***`:
/// credentials, cookies, secret headers, secrets in URLs, and bodies that look as if they held one.
std::string redacted_command(const std::vector<std::string>& arguments);

} // namespace roacache::commands
