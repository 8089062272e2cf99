#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace roacache::output {

/// The bytes that printable() has made `text` of: `\\` is a backslash, `\xHH` a byte (digits of either case),
/// and everything else is literal. Absent when a backslash begins anything else.
std::optional<std::string> unprintable(std::string_view text);

/// The bytes that base64() has made `text` of. Absent for what is no such text.
std::optional<std::string> from_base64(std::string_view text);

} // namespace roacache::output
