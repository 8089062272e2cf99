#pragma once

#include "src/store/store.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace roacache::commands {

/// The elements of a value that has several, as `inspect` shows them. In JSON: strings for a list or set,
/// `{"field","value"}` for a hash, `{"member","score"}` for a sorted set (a score that is no finite number is
/// a string), `{"id","fields":[[name, value]…]}` for a stream. Bytes that are no UTF-8 are `{"base64"}`.
nlohmann::ordered_json elements_json(const store::Value& value);

/// A table of them for people.
std::string elements_table(const store::Value& value);

/// Lines `element TAB part TAB part…` for a pipe.
std::string elements_lines(const store::Value& value);

} // namespace roacache::commands
