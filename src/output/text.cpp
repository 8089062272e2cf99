#include "src/output/text.hpp"

#include <array>
#include <clocale>
#include <cstdint>
#include <fmt/core.h>
#include <locale.h>
#include <wchar.h>

namespace roacache::output {
namespace {

/// Length of the well-formed UTF-8 sequence at the start of `bytes`; 0 when there is none (Unicode 15, table
/// 3-7).
std::size_t sequence_length(std::string_view bytes) {
    const auto at = [&](std::size_t i) -> unsigned {
        return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
    const unsigned lead = at(0);
    if (bytes.empty()) return 0;
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if ((lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F)) return 0;
        return follows(1) && follows(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if ((lead == 0xF0 && at(1) < 0x90) || (lead == 0xF4 && at(1) > 0x8F)) return 0;
        return follows(1) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

std::uint32_t code_point(std::string_view sequence) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(sequence[i]));
    };
    switch (sequence.size()) {
    case 1:
        return byte(0);
    case 2:
        return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
    case 3:
        return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    default:
        return (byte(0) & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U |
               (byte(3) & 0x3FU);
    }
}

/// C0, DEL, C1, and the marks that turn the direction of text around: none may reach a terminal from data.
bool is_control(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

} // namespace

bool is_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t length = sequence_length(bytes);
        if (length == 0) return false;
        bytes.remove_prefix(length);
    }
    return true;
}

std::string printable(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    const auto escape = [&](std::string_view raw) {
        for (const char c : raw)
            text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    };
    while (!bytes.empty()) {
        const std::size_t length = sequence_length(bytes);
        const std::string_view sequence = bytes.substr(0, length == 0 ? 1 : length);
        if (length == 0 || is_control(code_point(sequence)))
            escape(sequence);
        else if (sequence == "\\")
            text += "\\\\";
        else
            text += sequence;
        bytes.remove_prefix(sequence.size());
    }
    return text;
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view k_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text += i + k <= bytes.size() ? k_letters[group >> (18 - 6 * k) & 0x3FU] : '=';
    }
    return text;
}

nlohmann::json json_bytes(std::string_view bytes) {
    if (is_utf8(bytes)) return std::string(bytes);
    return {{"base64", base64(bytes)}};
}

int display_width(std::string_view text) {
    // The width of a character is a property of the locale's character set; ours is always UTF-8.
    static const locale_t k_utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    const locale_t before = k_utf8 != nullptr ? uselocale(k_utf8) : nullptr;
    int width = 0;
    while (!text.empty()) {
        if (text.starts_with("\x1b[")) { // a colour sequence takes no room
            const std::size_t end = text.find('m');
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            continue;
        }
        const std::size_t length = sequence_length(text);
        const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
        const int columns = length == 0 ? 1 : wcwidth(static_cast<wchar_t>(code_point(sequence)));
        width += columns < 0 ? 1 : columns;
        text.remove_prefix(sequence.size());
    }
    if (before != nullptr) uselocale(before);
    return width;
}

} // namespace roacache::output
