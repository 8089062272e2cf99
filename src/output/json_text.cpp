#include "src/output/json_text.hpp"

#include "src/output/code_points.hpp"

#include <algorithm>

namespace roacache::output {
namespace {

void append_unit(std::string& text, unsigned unit) {
    constexpr char k_digits[] = "0123456789abcdef";
    text += "\\u";
    for (unsigned shift = 16; shift > 0; shift -= 4)
        text += k_digits[unit >> (shift - 4) & 0xFU];
}

/// As one UTF-16 unit or two.
void append_escape(std::string& text, char32_t code) {
    const auto value = static_cast<unsigned>(code);
    if (value >= 0x10000) append_unit(text, 0xD7C0 + (value >> 10U));
    append_unit(text, value < 0x10000 ? value : 0xDC00 | (value & 0x3FFU));
}

/// DEL, what is not ASCII, and `##`, which CI runners look for: in well-formed JSON these are in strings
/// only.
bool is_suspect(std::string_view json, std::size_t at) {
    return static_cast<unsigned char>(json[at]) >= 0x7F || json.substr(at, 2) == "##";
}

} // namespace

std::string harmless_json(std::string json) {
    std::size_t at = 0;
    while (at < json.size() && !is_suspect(json, at))
        ++at;
    if (at == json.size()) return json;
    std::string text = json.substr(0, at);
    while (at < json.size()) {
        const std::string_view rest = std::string_view(json).substr(at, 4);
        const std::string_view sequence = rest.substr(0, std::max<std::size_t>(sequence_length(rest), 1));
        const char32_t code = code_point(sequence);
        const bool stays = code < 0x7F ? !is_suspect(json, at) : is_visible(code);
        if (stays)
            text += sequence;
        else
            append_escape(text, code);
        at += sequence.size();
    }
    return text;
}

std::string json_text(const nlohmann::json& value, int indent) {
    return harmless_json(value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string json_text(const nlohmann::ordered_json& value, int indent) {
    return harmless_json(value.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

} // namespace roacache::output
