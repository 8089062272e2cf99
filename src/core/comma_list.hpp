#pragma once

#include "src/core/ascii.hpp"

#include <algorithm>
#include <string_view>

namespace roacache::core {

/// Calls `take` with each element of a list with commas between, without blanks around it, but not with empty
/// ones (RFC 9110, 5.6.1). Commas in quotes part elements too.
template <typename Take>
void each_element(std::string_view list, Take take) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (const auto element = trimmed(list.substr(0, comma)); !element.empty()) take(element);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
}

} // namespace roacache::core
