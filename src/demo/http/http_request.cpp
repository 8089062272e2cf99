#include "src/demo/http/http_request.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>

namespace roacache::demo {

bool HttpRequest::has(std::string_view name) const {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const auto& field) { return core::equal_ignoring_case(field.first, name); });
}

std::string HttpRequest::field(std::string_view name) const {
    std::string values;
    for (const auto& [other, value] : fields)
        if (core::equal_ignoring_case(other, name)) values += (values.empty() ? "" : ", ") + value;
    return values;
}

} // namespace roacache::demo
