#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::bench {

/// Where something is in a JSON document; a part may match any name or index.
struct JsonPath {
    std::string text; ///< as the user wrote it
    /// Names of members and indices of elements from the outside in; absent: any of them. At least one.
    std::vector<std::optional<std::string>> parts;
};

/// A JSON Pointer (RFC 6901: `/meta/generated_at`, with `~1` for a slash and `~0` for a tilde in a name) when
/// the text begins with a slash, else names with dots between them (`meta.generated_at`). In both a part `*`
/// means every member or element: `/items/*/id` is `items.*.id`. Throws core::Error(usage) `WHAT: 'TEXT':
/// WHY` for an empty path or part and for brackets and a root, as other notations have them.
JsonPath parse_json_path(std::string_view text, std::string_view what);

} // namespace roacache::bench
