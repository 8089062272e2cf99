#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace roacache::output {

/// True when `bytes` are exactly one msgpack array or map, nested no deeper than 100: a number or a text
/// alone cannot be distinguished from other bytes.
bool is_msgpack(std::string_view bytes);

/// The JSON of such bytes; absent when JSON has no form for them (keys that are no strings, strings that are
/// no UTF-8).
std::optional<std::string> msgpack_as_json(std::string_view bytes);

} // namespace roacache::output
