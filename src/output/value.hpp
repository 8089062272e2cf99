#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::output {

/// What a cached value is written in.
enum class ValueKind { json, text, gzip, zlib, zstd, lz4, msgpack, pickle, php, binary };

/// `json text gzip …`, as in messages and JSON.
const char* kind_name(ValueKind kind);

/// What `bytes` are by their form; `whole` is false when they are only a value's beginning. A guess where the
/// form allows several: structure is checked as far as the bytes go, and what fits nothing is binary.
ValueKind recognise(std::string_view bytes, bool whole = true);

struct DecodedValue {
    std::vector<ValueKind> kinds; ///< outermost first: `gzip json` is JSON within gzip; at least one
    std::string content;          ///< of the innermost, as it is stored; of msgpack its JSON
    bool whole = true;            ///< false: content ends before the value does
    std::string trouble;          ///< why the innermost was not decoded; empty when there is no reason
};

/// Takes compression and msgpack off, as far as that is safe: no more than `most_bytes` are made of any
/// layer, nesting is bounded, and what would run code when it is loaded (pickle, PHP) is only named. Never
/// throws for any bytes.
DecodedValue decode_value(std::string_view bytes, bool whole, std::size_t most_bytes);

/// Well-formed JSON (see nlohmann::json::accept) with a line for each member, numbers and strings as they
/// were written. Characters that could change the state of a terminal are escaped, so that it stays the same
/// JSON.
std::string pretty_json(std::string_view json);

/// Well-formed JSON on one line, numbers and strings as they were written.
std::string compact_json(std::string_view json);

/// How deep arrays and objects are nested in well-formed JSON.
std::size_t json_depth(std::string_view json);

} // namespace roacache::output
