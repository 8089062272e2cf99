#include "src/output/value.hpp"

#include "src/output/decompress.hpp"
#include "src/output/msgpack.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace roacache::output {
namespace {

using namespace std::string_view_literals;

/// Compression within compression within …: more is a bomb, not a cache.
constexpr std::size_t k_most_layers = 4;

unsigned byte_at(std::string_view bytes, std::size_t at) {
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Protocols 2 to 5 begin with their number, the older ones are text: a container, or a global's name.
bool is_pickle(std::string_view bytes, bool whole) {
    if (bytes.size() < 3 || (whole && !bytes.ends_with('.'))) return false;
    if (byte_at(bytes, 0) == 0x80 && byte_at(bytes, 1) >= 2 && byte_at(bytes, 1) <= 5) return true;
    for (const std::string_view start :
         {"(dp0\n"sv, "(lp0\n"sv, "(dp1\n"sv, "(lp1\n"sv, "ccopy_reg\n"sv, "c__"sv, "}q\0"sv, "]q\0"sv})
        if (bytes.starts_with(start)) return true;
    return false;
}

/// `a:2:{…}`, `O:3:"Foo":1:{…}`, `s:5:"hello";`, `i:42;`, `b:1;`, `d:0.5;`, `N;` after PHP's serialize().
bool is_php(std::string_view bytes, bool whole) {
    if (bytes == "N;") return true;
    if (bytes.size() < 4 || bytes[1] != ':') return false;
    if (whole && !bytes.ends_with(';') && !bytes.ends_with('}')) return false;
    const char type = bytes[0];
    if (type == 'i' || type == 'b' || type == 'd') {
        const std::size_t end =
            bytes.find_first_not_of(type == 'd' ? "0123456789+-.eEINFA" : "-0123456789", 2);
        return end > 2 && end + 1 == bytes.size() && bytes[end] == ';';
    }
    std::size_t at = 2;
    while (at < bytes.size() && is_digit(bytes[at]))
        ++at;
    if (at == 2) return false;
    const std::string_view behind = bytes.substr(at);
    if (type == 'a') return behind.starts_with(":{");
    return (type == 's' || type == 'O' || type == 'C' || type == 'E') && behind.starts_with(":\"");
}

bool begins_like_json(std::string_view bytes) {
    const std::size_t at = bytes.find_first_not_of(" \t\r\n");
    if (at == std::string_view::npos) return false;
    const char c = bytes[at];
    if (c != '{' && c != '[') return false;
    const std::size_t next = bytes.find_first_not_of(" \t\r\n", at + 1);
    if (next == std::string_view::npos) return true;
    if (c == '{') return bytes[next] == '"' || bytes[next] == '}';
    return is_digit(bytes[next]) || std::string_view("{[\"-]tfn").find(bytes[next]) != std::string_view::npos;
}

/// UTF-8 without control characters but tabs and line ends; a beginning may end within a character.
bool is_text(std::string_view bytes, bool whole) {
    for (std::size_t cut = 0; !whole && cut < 3 && !bytes.empty() && !is_utf8(bytes); ++cut)
        bytes.remove_suffix(1);
    const bool controls = std::any_of(bytes.begin(), bytes.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r');
    });
    return !controls && is_utf8(bytes);
}

std::optional<ValueKind> compression_of(std::string_view bytes, bool whole) {
    if (bytes.starts_with("\x1f\x8b\x08"sv)) return ValueKind::gzip;
    if (bytes.starts_with("\x28\xb5\x2f\xfd"sv)) return ValueKind::zstd;
    if (bytes.starts_with("\x04\x22\x4d\x18"sv)) return ValueKind::lz4;
    // RFC 1950: deflate with a window of 32 KiB, no dictionary, and a check over the first two bytes. Text
    // may begin like that too: x^2.
    const unsigned flags = byte_at(bytes, 1);
    if (bytes.size() > 2 && byte_at(bytes, 0) == 0x78 && (0x7800U + flags) % 31 == 0 &&
        (flags & 0x20U) == 0 && !is_text(bytes, whole))
        return ValueKind::zlib;
    return std::nullopt;
}

} // namespace

const char* kind_name(ValueKind kind) {
    switch (kind) {
    case ValueKind::json:
        return "json";
    case ValueKind::text:
        return "text";
    case ValueKind::gzip:
        return "gzip";
    case ValueKind::zlib:
        return "zlib";
    case ValueKind::zstd:
        return "zstd";
    case ValueKind::lz4:
        return "lz4";
    case ValueKind::msgpack:
        return "msgpack";
    case ValueKind::pickle:
        return "pickle";
    case ValueKind::php:
        return "php";
    case ValueKind::binary:
        break;
    }
    return "binary";
}

ValueKind recognise(std::string_view bytes, bool whole) {
    if (const auto compression = compression_of(bytes, whole)) return *compression;
    if (is_pickle(bytes, whole)) return ValueKind::pickle;
    if (is_text(bytes, whole)) {
        const bool json =
            whole ? nlohmann::json::accept(bytes.begin(), bytes.end()) : begins_like_json(bytes);
        if (json) return ValueKind::json;
        return is_php(bytes, whole) ? ValueKind::php : ValueKind::text;
    }
    // PHP puts NUL bytes around the names of private members.
    if (is_php(bytes, whole)) return ValueKind::php;
    if (whole && is_msgpack(bytes)) return ValueKind::msgpack;
    return ValueKind::binary;
}

DecodedValue decode_value(std::string_view bytes, bool whole, std::size_t most_bytes) {
    DecodedValue value{.kinds = {}, .content = std::string(bytes), .whole = whole, .trouble = {}};
    for (;;) {
        const ValueKind kind = recognise(value.content, value.whole);
        value.kinds.push_back(kind);
        const bool compressed = kind == ValueKind::gzip || kind == ValueKind::zlib ||
                                kind == ValueKind::zstd || kind == ValueKind::lz4;
        if (!compressed) break;
        if (value.kinds.size() == k_most_layers) {
            value.trouble = "too many layers of compression";
            return value;
        }
        Decompressed inner = decompress(kind, value.content, most_bytes);
        value.trouble = inner.trouble;
        if (!inner.trouble.empty() && inner.bytes.empty()) return value;
        value.whole = inner.whole;
        value.content = std::move(inner.bytes);
    }
    if (value.kinds.back() == ValueKind::msgpack) {
        if (auto json = msgpack_as_json(value.content))
            value.content = std::move(*json);
        else
            value.trouble = "JSON has no form for it";
    }
    return value;
}

} // namespace roacache::output
