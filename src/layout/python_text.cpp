#include "src/layout/python_text.hpp"

#include "src/core/error.hpp"

#include <charconv>
#include <cmath>

namespace roacache::layout {
namespace {

void append_utf8(std::uint32_t code, std::string& out) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F));
        put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
    }
}

} // namespace

std::optional<std::uint32_t> hex4(std::string_view text) {
    std::uint32_t value = 0;
    if (text.size() < 4) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
    if (error != std::errc() || end != text.data() + 4) return std::nullopt;
    return value;
}

void append_unit(std::uint32_t unit, std::string& out) {
    switch (unit) {
    case '"':
        out += "\\\"";
        return;
    case '\\':
        out += "\\\\";
        return;
    case '\n':
        out += "\\n";
        return;
    case '\r':
        out += "\\r";
        return;
    case '\t':
        out += "\\t";
        return;
    case '\f':
        out += "\\f";
        return;
    case '\b':
        out += "\\b";
        return;
    default:
        break;
    }
    if (unit >= ' ' && unit <= '~') {
        out += static_cast<char>(unit);
        return;
    }
    constexpr char k_digits[] = "0123456789abcdef";
    const char escape[] = {'\\',
                           'u',
                           k_digits[unit >> 12 & 15],
                           k_digits[unit >> 8 & 15],
                           k_digits[unit >> 4 & 15],
                           k_digits[unit & 15]};
    out.append(escape, sizeof escape);
}

bool take_utf8(std::string_view& text, std::uint32_t& code) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned first = byte(0);
    std::size_t size = 0;
    std::uint32_t least = 0;
    if (first >= 0xC2 && first <= 0xDF) {
        size = 2, code = first & 0x1F, least = 0x80;
    } else if (first >= 0xE0 && first <= 0xEF) {
        size = 3, code = first & 0x0F, least = 0x800;
    } else if (first >= 0xF0 && first <= 0xF4) {
        size = 4, code = first & 0x07, least = 0x10000;
    } else {
        return false;
    }
    if (text.size() < size) return false;
    for (std::size_t at = 1; at < size; ++at) {
        if ((byte(at) & 0xC0) != 0x80) return false;
        code = code << 6 | (byte(at) & 0x3Fu);
    }
    if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    text.remove_prefix(size);
    return true;
}

void append_code(std::uint32_t code, std::string& out) {
    if (code >= 0x10000) {
        append_unit(0xD800 + ((code - 0x10000) >> 10), out);
        append_unit(0xDC00 + ((code - 0x10000) & 0x3FF), out);
    } else {
        append_unit(code, out);
    }
}

void append_string(std::string_view utf8, std::string& out) {
    out += '"';
    while (!utf8.empty()) {
        if (static_cast<unsigned char>(utf8.front()) < 0x80) {
            append_unit(static_cast<unsigned char>(utf8.front()), out);
            utf8.remove_prefix(1);
            continue;
        }
        std::uint32_t code = 0;
        if (!take_utf8(utf8, code))
            throw core::Error(core::ExitCode::usage, "not text: a parameter: its bytes are not UTF-8");
        append_code(code, out);
    }
    out += '"';
}

/// Python's repr takes the shortest digits that read back as the same double, and writes an exponent when the
/// decimal point would be more than 16 places right of the first digit or more than 3 left of it
/// (Python/pystrtod.c, format_float_short).
void append_real(double value, std::string& out) {
    if (std::isnan(value)) {
        out += "NaN";
        return;
    }
    if (std::isinf(value)) {
        out += value < 0 ? "-Infinity" : "Infinity";
        return;
    }
    char buffer[32];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
    std::string_view text(buffer, static_cast<std::size_t>(written.ptr - buffer));
    if (text.front() == '-') {
        out += '-';
        text.remove_prefix(1);
    }
    const std::size_t e = text.find('e');
    int exponent = 0;
    const char* digits_of_exponent = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
    std::from_chars(digits_of_exponent, text.data() + text.size(), exponent);
    if (exponent < -4 || exponent > 15) {
        out += text; // to_chars writes the exponent as repr does: a sign and at least two digits
        return;
    }
    std::string digits(1, text.front());
    if (e > 2) digits += text.substr(2, e - 2);
    const auto point = static_cast<std::size_t>(exponent < 0 ? 0 : exponent + 1);
    if (exponent < 0) digits.insert(0, static_cast<std::size_t>(-exponent - 1), '0');
    if (digits.size() < point) digits.append(point - digits.size(), '0');
    out += point == 0 ? "0" : std::string_view(digits).substr(0, point);
    out += '.';
    out += digits.size() == point ? "0" : std::string_view(digits).substr(point);
}

void append_decoded(std::string_view canonical, std::string& out) {
    canonical = canonical.substr(1, canonical.size() - 2);
    for (;;) {
        const std::size_t escape = canonical.find('\\');
        out += canonical.substr(0, escape);
        if (escape == std::string_view::npos) return;
        const char kind = canonical[escape + 1];
        canonical.remove_prefix(escape + 2);
        if (kind != 'u') {
            constexpr std::string_view k_kinds = "bfnrt";
            const std::size_t which = k_kinds.find(kind);
            out += which == std::string_view::npos ? kind : "\b\f\n\r\t"[which];
            continue;
        }
        std::uint32_t code = hex4(canonical).value_or(0);
        canonical.remove_prefix(4);
        if (code >= 0xD800 && code <= 0xDBFF && canonical.starts_with("\\u")) {
            const std::uint32_t low = hex4(canonical.substr(2)).value_or(0);
            if (low >= 0xDC00 && low <= 0xDFFF) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                canonical.remove_prefix(6);
            }
        }
        append_utf8(code, out);
    }
}

} // namespace roacache::layout
