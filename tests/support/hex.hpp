#pragma once

#include <cstddef>
#include <string>

namespace roacache::test {

/// The bytes that pairs of hexadecimal digits stand for.
inline std::string from_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
    return bytes;
}

} // namespace roacache::test
