#include "src/output/text.hpp"

#include "src/core/ascii.hpp"
#include "src/output/code_points.hpp"

#include <algorithm>
#include <clocale>
#include <cstdint>
#include <locale.h>
#include <wchar.h>

namespace roacache::output {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Whether a CI runner that reads the log could take what begins at `at` for a command to it: `::error` as a
/// word's beginning (GitHub), and `##[error]`, `##vso[`, `##teamcity[` anywhere (GitHub, Azure, TeamCity).
bool begins_ci_command(std::string_view bytes, std::size_t at) {
    if (bytes[at] == ':')
        return (at == 0 || bytes[at - 1] == ' ') && at + 2 < bytes.size() && bytes[at + 1] == ':' &&
               is_letter(bytes[at + 2]);
    if (bytes[at] != '#' || at + 1 >= bytes.size() || bytes[at + 1] != '#') return false;
    std::size_t end = at + 2;
    while (end < bytes.size() && is_letter(bytes[end]))
        ++end;
    return end < bytes.size() && bytes[end] == '[';
}

/// ASCII that is shown as it is, whatever stands beside it; most keys are little else.
bool is_plain(char c) {
    return c >= ' ' && c <= '~' && c != '\\' && c != ':' && c != '#';
}

std::string made_visible(std::string_view bytes, std::string_view backslash) {
    std::string text;
    text.reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size();) {
        const auto* const plain_end = std::find_if_not(bytes.begin() + at, bytes.end(), is_plain);
        text.append(bytes.begin() + at, plain_end);
        at = static_cast<std::size_t>(plain_end - bytes.begin());
        if (at == bytes.size()) break;
        const std::size_t length = sequence_length(bytes.substr(at, 4));
        const std::string_view sequence = bytes.substr(at, length == 0 ? 1 : length);
        if (length == 0 || !is_visible(code_point(sequence)) || begins_ci_command(bytes, at))
            text += hex_escaped(sequence);
        else if (sequence == "\\")
            text += backslash;
        else
            text += sequence;
        at += sequence.size();
    }
    return text;
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

std::string readable_url(std::string_view url) {
    const auto digit = [](char c) {
        constexpr std::string_view k_digits = "0123456789abcdef";
        return k_digits.find(core::to_lower(c));
    };
    std::string readable;
    while (!url.empty()) {
        // As many encoded bytes in a row as there are of those that ASCII has not got.
        std::string decoded;
        std::size_t size = 0;
        while (size + 2 < url.size() && url[size] == '%') {
            const std::size_t high = digit(url[size + 1]), low = digit(url[size + 2]);
            if (high < 8 || high > 15 || low > 15) break;
            decoded += static_cast<char>(high * 16 + low);
            size += 3;
        }
        const bool shown = size > 0 && is_utf8(decoded) && printable(decoded) == decoded;
        size = std::max<std::size_t>(size, 1);
        readable += shown ? decoded : std::string(url.substr(0, size));
        url.remove_prefix(size);
    }
    return readable;
}

std::string hex_escaped(std::string_view bytes) {
    constexpr char k_digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text.append({'\\', 'x', k_digits[byte >> 4U], k_digits[byte & 0xFU]});
    }
    return text;
}

std::string printable(std::string_view bytes) {
    return made_visible(bytes, "\\\\");
}

std::string printable(const core::Untrusted& text) {
    return printable(std::string_view(text.bytes()));
}

std::string harmless(std::string_view text) {
    return made_visible(text, "\\");
}

std::string_view beginning(std::string_view bytes, std::size_t most_bytes) {
    if (bytes.size() <= most_bytes) return bytes;
    std::size_t end = most_bytes;
    while (end > 0 && most_bytes - end < 4 && (static_cast<unsigned char>(bytes[end]) & 0xC0U) == 0x80U)
        --end;
    const bool within = end + sequence_length(bytes.substr(end, 4)) > most_bytes;
    return bytes.substr(0, within ? end : most_bytes);
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

nlohmann::json json_bytes(const core::Untrusted& text) {
    return json_bytes(std::string_view(text.bytes()));
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
