#include "src/output/unprintable.hpp"

#include "src/output/text.hpp"

#include <charconv>
#include <cstdint>

namespace roacache::output {

std::optional<std::string> unprintable(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size());
    while (!text.empty()) {
        const std::size_t plain = text.find('\\');
        bytes += text.substr(0, plain);
        if (plain == std::string_view::npos) break;
        text.remove_prefix(plain);
        if (text.starts_with("\\\\")) {
            bytes += '\\';
            text.remove_prefix(2);
            continue;
        }
        if (!text.starts_with("\\x") || text.size() < 4) return std::nullopt;
        unsigned byte = 0;
        const char* const digits = text.data() + 2;
        const auto read = std::from_chars(digits, digits + 2, byte, 16);
        if (read.ec != std::errc() || read.ptr != digits + 2) return std::nullopt;
        bytes += static_cast<char>(byte);
        text.remove_prefix(4);
    }
    return bytes;
}

std::optional<std::string> from_base64(std::string_view text) {
    constexpr std::string_view k_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char letter : text.substr(0, text.find('='))) {
        const std::size_t value = k_letters.find(letter);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6U | static_cast<std::uint32_t>(value)) & 0xFFFFFFU;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes += static_cast<char>(bits >> held & 0xFFU);
    }
    if (base64(bytes) != text) return std::nullopt;
    return bytes;
}

} // namespace roacache::output
