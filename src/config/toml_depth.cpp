#include "src/config/toml_depth.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::config {
namespace {

constexpr std::size_t k_most = 32;

/// How long the comment or the string is that begins here, its end included; 0 where none begins.
std::size_t passed_over(std::string_view text) {
    if (text.starts_with('#')) return std::min(text.find('\n'), text.size());
    for (const std::string_view quotes : {R"(""")", "'''", "\"", "'"}) {
        if (!text.starts_with(quotes)) continue;
        const bool one_line = quotes.size() == 1, escapes = quotes.front() == '"';
        for (std::size_t at = quotes.size(); at < text.size(); ++at) {
            if (one_line && text[at] == '\n') return at;
            if (text.substr(at).starts_with(quotes)) return at + quotes.size();
            if (escapes && text[at] == '\\') ++at;
        }
        return text.size();
    }
    return 0;
}

} // namespace

void check_toml_depth(std::string_view text, const std::string& what, const std::string& source) {
    std::size_t line = 1, line_begin = 0, dots = 0, depth = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (const std::size_t length = passed_over(text.substr(at)); length > 0) {
            const std::string_view passed = text.substr(at, length);
            if (const std::size_t last = passed.rfind('\n'); last != std::string_view::npos) {
                line += static_cast<std::size_t>(std::count(passed.begin(), passed.end(), '\n'));
                line_begin = at + last + 1;
            }
            at += length - 1;
            continue;
        }
        const char c = text[at];
        if (c == '\n') {
            ++line;
            line_begin = at + 1;
        }
        if (c == '.') ++dots;
        if (std::string_view("\n=[]{},").find(c) != std::string_view::npos) dots = 0;
        if (c == '[' || c == '{') ++depth;
        if ((c == ']' || c == '}') && depth > 0) --depth;
        if (dots >= k_most || depth > k_most)
            throw core::Error(
                core::ExitCode::usage,
                fmt::format("bad {}: {}:{}:{}: {}", what, source, line, at - line_begin + 1,
                            dots >= k_most
                                ? fmt::format("a key of more than {} parts", k_most)
                                : fmt::format("more than {} lists and tables in one another", k_most)));
    }
}

} // namespace roacache::config
