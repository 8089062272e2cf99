#pragma once

#include <string>
#include <string_view>

namespace roacache::config {

/// In 64 hexadecimal digits.
std::string sha256(std::string_view text);

} // namespace roacache::config
