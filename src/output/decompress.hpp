#pragma once

#include "src/output/value.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace roacache::output {

struct Decompressed {
    std::string bytes;
    bool whole = false;  ///< the compressed form came to its end
    std::string trouble; ///< what is wrong with it; empty when nothing is
};

/// At most `most_bytes` of what `bytes` hold, compressed as `kind` (gzip, zlib, zstd or lz4) says. A
/// beginning of the compressed form gives the beginning of the content.
Decompressed decompress(ValueKind kind, std::string_view bytes, std::size_t most_bytes);

} // namespace roacache::output
