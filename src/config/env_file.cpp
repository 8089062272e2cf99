#include "src/config/env_file.hpp"

#include "src/core/error.hpp"

#include <cctype>
#include <fmt/core.h>

namespace roacache::config {
namespace {

bool is_name_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

/// Reads one file from front to back.
class EnvReader {
  public:
    EnvReader(std::string_view text, std::string_view source) : text_(text), source_(source) {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3; // byte order mark
    }

    Variables read() {
        while (at_ < text_.size())
            read_line();
        return std::move(variables_);
    }

  private:
    [[noreturn]] void fail(std::string_view why) const {
        throw core::Error(core::ExitCode::usage, fmt::format("bad env file: {}:{}: {}", source_, line_, why));
    }

    char peek() const { return at_ < text_.size() ? text_[at_] : '\n'; }

    void skip_blanks() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\r')
            ++at_;
    }

    void skip_line() {
        while (peek() != '\n')
            ++at_;
        ++at_;
        ++line_;
    }

    std::string read_name() {
        std::string name;
        while (is_name_character(peek()))
            name += text_[at_++];
        return name;
    }

    void read_line() {
        skip_blanks();
        if (peek() == '\n' || peek() == '#') return skip_line();
        std::string name = read_name();
        skip_blanks();
        if (name == "export" && is_name_character(peek())) {
            name = read_name();
            skip_blanks();
        }
        if (name.empty()) fail("expected NAME=value");
        if (peek() == '\n' || peek() == '#') return skip_line();
        if (peek() != '=') fail("expected '=' after the name");
        ++at_;
        skip_blanks();
        const char quote = peek();
        variables_[name] = quote == '"' || quote == '\'' ? read_quoted(quote) : read_plain();
    }

    std::string read_plain() {
        std::string value;
        while (peek() != '\n') {
            if (peek() == '#' && (value.empty() || value.back() == ' ' || value.back() == '\t')) break;
            value += text_[at_++];
        }
        skip_line();
        value.erase(value.find_last_not_of(" \t\r") + 1);
        return value;
    }

    std::string read_quoted(char quote) {
        const int opened = line_;
        std::string value;
        for (++at_;; ++at_) {
            if (at_ >= text_.size()) {
                line_ = opened;
                fail("the quote is never closed");
            }
            char c = text_[at_];
            if (c == quote) break;
            if (c == '\n') ++line_;
            if (c == '\\' && quote == '"' && at_ + 1 < text_.size()) c = unescape(text_[++at_], value);
            value += c;
        }
        ++at_;
        skip_blanks();
        if (peek() != '\n' && peek() != '#') fail("unexpected text after the closing quote");
        skip_line();
        return value;
    }

    /// The character that `\escaped` stands for; an unknown escape keeps its backslash.
    static char unescape(char escaped, std::string& value) {
        switch (escaped) {
        case 'n':
            return '\n';
        case 't':
            return '\t';
        case 'r':
            return '\r';
        case '"':
        case '\\':
        case '$':
            return escaped;
        default:
            value += '\\';
            return escaped;
        }
    }

    std::string_view text_;
    std::string_view source_;
    std::size_t at_ = 0;
    int line_ = 1;
    Variables variables_;
};

} // namespace

Variables parse_env_file(std::string_view text, std::string_view source) {
    return EnvReader(text, source).read();
}

} // namespace roacache::config
