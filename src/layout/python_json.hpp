#pragma once

#include "src/layout/python_text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace roacache::layout {

/// JSON as Python's json module reads and writes it, so that a hash over the text is the one that a Python
/// service computes. `canonical` below is the text of json.dumps(json.loads(input), sort_keys=True):
/// separators `, ` and `: `, all but printable ASCII as \uXXXX in UTF-16 units, floats as Python's repr,
/// integers of any size by their digits, keys in the order of their code points, the last of equal keys.
///
/// What Python accepts beyond the JSON standard is accepted: NaN, Infinity, -Infinity, lone surrogates
/// written as escapes, numbers too great for a double (they become Infinity). A general JSON parser refuses
/// these, and that is why this one exists.

/// Deepest nesting that is read; Python's own limit is a little lower.
inline constexpr unsigned k_max_json_depth = 1000;

/// A member of an object, in place.
struct JsonMember {
    std::size_t name = 0; ///< where its name begins in JsonObject::names
    std::size_t name_size = 0;
    std::size_t text = 0;  ///< where `"name": value` begins in JsonObject::text
    std::size_t value = 0; ///< where its value begins there
    std::size_t end = 0;
};

/// An object taken apart: the members in canonical order, each name once. The memory is reused when another
/// object is read into it.
struct JsonObject {
    std::string
        names; ///< UTF-8; a lone surrogate is stored as three bytes, so that byte order is Python's order
    std::string text; ///< canonical
    std::vector<JsonMember> members;

    std::string_view name_of(const JsonMember& member) const;
    std::string_view text_of(const JsonMember& member) const;  ///< `"name": value`
    std::string_view value_of(const JsonMember& member) const; ///< `value`
};

/// Reads one JSON object. Throws core::Error(usage) `not JSON: byte N: WHY` (N counts from 1).
void read_object(std::string_view json, JsonObject& into);

/// Appends any JSON value in canonical form. Throws as read_object().
void append_canonical(std::string_view json, std::string& out);

} // namespace roacache::layout
