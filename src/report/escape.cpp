#include "src/report/escape.hpp"

#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <vector>

namespace roacache::report {
namespace {

/// Every character with a meaning in Markdown or HTML wherever it is.
constexpr std::string_view k_markup = "&<>|`*[]~@#$\\";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_word(char c) {
    return is_digit(c) || is_letter(c);
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

/// `word`, in small letters, in any case right before `at`.
bool follows_word(std::string_view text, std::size_t at, std::string_view word) {
    if (at < word.size()) return false;
    return std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(at - word.size()),
                      [](char wanted, char c) { return wanted == (is_letter(c) ? c | 0x20 : c); });
}

/// `:name:`, which becomes a picture.
bool begins_emoji(std::string_view text, std::size_t at) {
    std::size_t end = at + 1;
    while (end < text.size() &&
           (is_word(text[end]) || std::string_view("_+-").find(text[end]) != std::string_view::npos))
        ++end;
    return end > at + 1 && end < text.size() && text[end] == ':';
}

/// What renderers make a link, a mention, a reference or a picture of by itself, at the character that it
/// takes: `http://`, `mailto:`, `www.`, `a@b`, `@name`, `#1`, `GH-1`, `:smile:`.
bool links_by_itself(std::string_view text, std::size_t at) {
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    switch (text[at]) {
    case '@':
    case '#':
        return is_word(next);
    case ':':
        return next == '/' || follows_word(text, at, "mailto") || follows_word(text, at, "xmpp") ||
               begins_emoji(text, at);
    case '.':
        return follows_word(text, at, "www");
    case '-':
        return is_digit(next) && follows_word(text, at, "gh");
    default:
        return false;
    }
}

/// Where it could begin or end emphasis; inside of words, as in `hit_rate`, it cannot.
bool is_outer_underscore(std::string_view text, std::size_t at) {
    return text[at] == '_' &&
           (at == 0 || at + 1 == text.size() || !is_word(text[at - 1]) || !is_word(text[at + 1]));
}

/// Where a line would begin as a list, a heading or code, or end as a break.
bool shapes_its_line(std::string_view text, std::size_t at) {
    const char c = text[at];
    if (at == 0 && (c == '-' || c == '+' || c == '=' || c == ' ')) return true;
    if (at + 1 == text.size() && c == ' ') return true;
    return (c == '.' || c == ')') && at > 0 &&
           std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), is_digit);
}

/// Inline Markdown that shows `text`, which is printable. An entity takes a character's meaning to the
/// parser; what links by itself is found in the parsed text, so there it is cut in two by a comment.
std::string inert(std::string_view text, std::string_view special) {
    std::string escaped;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool links = links_by_itself(text, at);
        if (links || is_outer_underscore(text, at) || shapes_its_line(text, at) ||
            special.find(text[at]) != std::string_view::npos)
            escaped += entity(text[at]);
        else
            escaped += text[at];
        if (links) escaped += "<!-- -->";
    }
    return escaped;
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
    return inert(output::printable(bytes), k_markup);
}

std::string markdown_code(std::string_view bytes) {
    const std::string text = output::printable(bytes);
    if (text.empty()) return "(empty)";
    // A code span cannot hold backticks, nor a table cell a bar, and blanks at its ends are dropped.
    const bool plain =
        text.find_first_of("`|") == std::string::npos && text.front() != ' ' && text.back() != ' ';
    if (plain) return "`" + text + "`";
    return "<code>" + inert(text, std::string(k_markup) + ":_") + "</code>";
}

std::string markdown_block(std::string_view lines, std::string_view language) {
    std::string content;
    while (true) {
        const std::size_t end = lines.find('\n');
        content += output::harmless(lines.substr(0, end));
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
