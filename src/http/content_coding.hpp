#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::http {

/// The content of a whole body, by its Content-Encoding (RFC 9110, 8.4): gzip, deflate (with or without the
/// zlib format around it), br and zstd, and several of them in the order in which they were applied. Absent
/// where the coding is another one, the body is damaged or cut, or its content is longer than `most` bytes.
std::optional<std::string> decoded(std::string_view body, std::string_view codings, std::size_t most);

} // namespace roacache::http
