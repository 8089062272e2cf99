#include "src/output/escaping_buffer.hpp"

#include "src/output/code_points.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <array>

namespace roacache::output {
namespace {

/// Those of style(), of ProgressLine and of tables that are drawn again in place.
constexpr std::array<std::string_view, 13> k_own_sequences{
    "\x1b[A\r\x1b[2K", "\x1b[0m",  "\x1b[1m", "\x1b[2m",   "\x1b[31m", "\x1b[32m", "\x1b[33m",
    "\x1b[34m",        "\x1b[36m", "\x1b[H",  "\r\x1b[2K", "\x1b[2J",  "\x1b[J"};

/// Bytes at the start that go through as they are; 0 when they are to be escaped.
std::size_t passes(std::string_view text) {
    if (text[0] == '\n' || text[0] == '\t') return 1;
    for (const std::string_view own : k_own_sequences)
        if (text.starts_with(own)) return own.size();
    const std::size_t length = sequence_length(text.substr(0, 4));
    return length > 0 && is_visible(code_point(text.substr(0, length))) ? length : 0;
}

/// What more bytes could make pass.
bool may_go_on(std::string_view text) {
    const auto is_begun = [&](std::string_view own) {
        return own.size() > text.size() && own.starts_with(text);
    };
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t wanted = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
    const auto is_tail = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    return std::any_of(k_own_sequences.begin(), k_own_sequences.end(), is_begun) ||
           (text.size() < wanted && std::all_of(text.begin() + 1, text.end(), is_tail));
}

} // namespace

bool EscapingBuffer::pass_on(std::string_view text, bool to_the_end) {
    held_ += text;
    const std::string_view all = held_;
    std::string escaped;
    std::size_t at = 0, from = 0;
    while (at < all.size()) {
        const std::string_view rest = all.substr(at);
        if (rest[0] >= 0x20 && rest[0] < 0x7F) {
            ++at;
            continue;
        }
        if (const std::size_t length = passes(rest); length > 0) {
            at += length;
            continue;
        }
        if (!to_the_end && may_go_on(rest)) break;
        const std::size_t length = std::max<std::size_t>(sequence_length(rest.substr(0, 4)), 1);
        escaped.append(all.substr(from, at - from)).append(harmless(rest.substr(0, length)));
        from = at += length;
    }
    escaped.append(all.substr(from, at - from));
    held_.erase(0, at);
    const auto size = static_cast<std::streamsize>(escaped.size());
    return sink_.sputn(escaped.data(), size) == size;
}

EscapingBuffer::int_type EscapingBuffer::overflow(int_type c) {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char one = traits_type::to_char_type(c);
    return pass_on({&one, 1}, false) ? c : traits_type::eof();
}

std::streamsize EscapingBuffer::xsputn(const char* text, std::streamsize size) {
    return pass_on({text, static_cast<std::size_t>(size)}, false) ? size : 0;
}

int EscapingBuffer::sync() {
    const bool passed = held_.empty() || pass_on({}, true);
    return sink_.pubsync() == 0 && passed ? 0 : -1;
}

} // namespace roacache::output
