#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::http {

/// The content of a whole body, by its Content-Encoding (RFC 9110, 8.4): gzip, deflate (with or without the
/// zlib format around it), br and zstd, and several of them in the order in which they were applied. Another
/// coding (some send a charset there) is taken for none, and so are gzip and zstd where the body is neither,
/// or empty. Absent where the body is damaged, cut, or longer than what was encoded, or its content is longer
/// than `most` bytes.
std::optional<std::string> decoded(std::string_view body, std::string_view codings, std::size_t most);

/// The codings that decoded() knows of a Content-Encoding, as `gzip, br`: in lower case, x-gzip as gzip.
std::string known_codings(std::string_view codings);

/// Whether a body may be what known_codings() says: one that is gzip or zstd begins as these do.
bool begins_as_coded(std::string_view body, std::string_view known_codings);

} // namespace roacache::http
