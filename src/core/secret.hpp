#pragma once

#include <string>
#include <string_view>

namespace roacache::core {

/// What is printed in place of a secret.
inline constexpr std::string_view k_hidden = "***";

/// True for the name of a header, parameter, field or variable whose value is a secret: one of its parts, as
/// `-`, `_`, capitals and digits set them apart, is a word such as token, password or key, or ends with a
/// longer one (`accesstoken`). So are Ocp-Apim-Subscription-Key, X-JWT, accessToken and PHPSESSID; author and
/// monkey are not. The one list of such names in the program.
bool names_secret(std::string_view name);

/// True where a text names a secret anywhere (`{"password": …`, `--token …`, `Bearer …`), or holds the
/// credentials of a URL (`://user:password@`).
bool mentions_secret(std::string_view text);

/// `Name: value`, with `***` for the value where its name or the value itself says that it is a secret. What
/// is no header, nor a plain name, is `***` as a whole.
std::string redacted_header(std::string_view text);

/// The body of a request: `@FILE` as it is, else `***` where it mentions a secret.
std::string redacted_body(std::string_view text);

/// The plain words that a shell command begins with; what comes after the first option, assignment, address,
/// quote or secret is `***`.
std::string redacted_shell_command(std::string_view command);

/// A value that was not understood, or the name of a file, as a message may show it: `***` for a URL or what
/// has credentials, which may have been put into the wrong place, else as redacted_text().
std::string redacted_value(std::string_view text);

/// Any other text: without URL credentials, and without what follows `secret-name=`.
std::string redacted_text(std::string_view text);

} // namespace roacache::core
