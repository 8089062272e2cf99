#include "src/report/escape.hpp"

#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <vector>

namespace roacache::report {
namespace {

/// Every character with a meaning in Markdown or HTML.
constexpr std::string_view k_markup = "&<>|`*[]~@#$";

bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string entity(char c) {
    return fmt::format("&#{};", static_cast<int>(c));
}

std::string with_entities(std::string_view text, std::string_view special) {
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text)
        if (special.find(c) == std::string_view::npos)
            escaped += c;
        else
            escaped += entity(c);
    return escaped;
}

/// Where it would begin a link by itself: `http://`.
bool is_link_colon(std::string_view text, std::size_t at) {
    return text[at] == ':' && at + 1 < text.size() && text[at + 1] == '/';
}

/// Where it could begin or end emphasis; inside of words, as in `hit_rate`, it cannot.
bool is_outer_underscore(std::string_view text, std::size_t at) {
    return text[at] == '_' &&
           (at == 0 || at + 1 == text.size() || !is_word(text[at - 1]) || !is_word(text[at + 1]));
}

/// Where each character of UTF-8 text begins, and its end.
std::vector<std::size_t> character_starts(std::string_view text) {
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) starts.push_back(i);
    starts.push_back(text.size());
    return starts;
}

} // namespace

std::string markdown_text(std::string_view bytes) {
    const std::string text = output::printable(bytes);
    std::string escaped;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (is_link_colon(text, i) || is_outer_underscore(text, i))
            escaped += entity(text[i]);
        else
            escaped += with_entities(std::string_view(text).substr(i, 1), k_markup);
    return escaped;
}

std::string markdown_code(std::string_view bytes) {
    const std::string text = output::printable(bytes);
    if (text.empty()) return "(empty)";
    // A code span cannot hold backticks, nor a table cell a bar, and blanks at its ends are dropped.
    const bool plain =
        text.find_first_of("`|") == std::string::npos && text.front() != ' ' && text.back() != ' ';
    if (plain) return "`" + text + "`";
    return "<code>" + with_entities(text, std::string(k_markup) + "\\:_") + "</code>";
}

std::string harmless(std::string_view bytes) {
    std::string text;
    for (std::size_t from = 0; from <= bytes.size();) {
        const std::size_t backslash = std::min(bytes.find('\\', from), bytes.size());
        text += output::printable(bytes.substr(from, backslash - from));
        if (backslash < bytes.size()) text += '\\';
        from = backslash + 1;
    }
    return text;
}

std::string markdown_block(std::string_view lines, std::string_view language) {
    std::string content;
    while (true) {
        const std::size_t end = lines.find('\n');
        content += harmless(lines.substr(0, end));
        content += '\n';
        if (end == std::string_view::npos) break;
        lines.remove_prefix(end + 1);
    }
    std::size_t longest = 2, run = 0;
    for (const char c : content)
        longest = std::max(longest, run = c == '`' ? run + 1 : 0);
    const std::string fence(longest + 1, '`');
    return fmt::format("{}{}\n{}{}\n", fence, language, content, fence);
}

std::string xml_text(std::string_view bytes) {
    return with_entities(output::printable(bytes), "&<>\"'");
}

std::string elided(std::string_view bytes, std::size_t columns) {
    const auto starts = character_starts(bytes);
    const std::size_t characters = starts.size() - 1;
    if (characters <= columns || columns == 0)
        return std::string(bytes.substr(0, columns == 0 ? 0 : bytes.size()));
    const std::size_t head = (columns - 1) * 2 / 3, tail = columns - 1 - head;
    return std::string(bytes.substr(0, starts[head])) + "…" +
           std::string(bytes.substr(starts[characters - tail]));
}

} // namespace roacache::report
