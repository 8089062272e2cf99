#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::demo {

/// A request as it was sent, but for its framing.
struct HttpRequest {
    std::string method;                                      ///< one that HTTP knows, in capitals
    std::string target;                                      ///< a path and perhaps a query, percent-encoded
    std::vector<std::pair<std::string, std::string>> fields; ///< of the head, in order
    std::string body;                                        ///< empty where the method has none

    bool has(std::string_view name) const;
    /// The values of all fields of that name, joined by `, `; empty where there are none.
    std::string field(std::string_view name) const;
};

} // namespace roacache::demo
