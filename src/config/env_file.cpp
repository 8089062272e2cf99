#include "src/config/env_file.hpp"

#include "src/config/variable_expansion.hpp"

#include <cctype>
#include <fmt/core.h>
#include <optional>

namespace roacache::config {
namespace {

bool is_name_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

/// A `$` that an escape made literal, until the variables are expanded.
constexpr std::string_view k_literal_dollar = "$$";

/// Reads one file from front to back.
class EnvReader {
  public:
    EnvReader(std::string_view text, std::string_view source, const Variables& environment)
        : text_(text), source_(source), environment_(environment) {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3; // byte order mark
    }

    EnvFile read() {
        while (at_ < text_.size())
            read_line();
        if (passed_over_ > 1)
            file_.warnings[0] += fmt::format(", and so are {} lines more", passed_over_ - 1);
        return std::move(file_);
    }

  private:
    std::string place(int line) const { return fmt::format("{}:{}", source_, line); }

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

    bool at_end_of_value() const { return peek() == '\n' || peek() == '#'; }

    /// A line that is nothing of a .env file; told once, at the first of them.
    void pass_over() {
        if (passed_over_++ == 0)
            file_.warnings.insert(file_.warnings.begin(),
                                  place(line_) + ": this line is not NAME=value and is passed over");
        skip_line();
    }

    std::string read_name() {
        std::string name;
        while (is_name_character(peek()))
            name += text_[at_++];
        return name;
    }

    void read_line() {
        skip_blanks();
        if (at_end_of_value()) return skip_line();
        std::string name = read_name();
        bool blank = peek() == ' ' || peek() == '\t';
        skip_blanks();
        if (name == "export" && blank && is_name_character(peek())) {
            name = read_name();
            blank = false;
            skip_blanks();
        }
        if (name.empty() || name.front() == '-') return pass_over();
        if (at_end_of_value()) return skip_line();
        // `NAME: value` is what some take for the same; which of them it is cannot be told.
        if (peek() == ':' && !blank) return refuse(name, line_, "expected '=' after the name");
        if (peek() != '=') return pass_over();
        ++at_;
        const std::size_t begin = at_;
        skip_blanks();
        const char quote = peek();
        if (quote == '"' || quote == '\'')
            read_quoted(name, quote);
        else
            read_plain(name, at_ > begin);
    }

    void refuse(const std::string& name, int line, const std::string& why) {
        file_.variables.erase(name);
        file_.malformed[name] = place(line) + ": " + why;
        skip_line();
    }

    void set(const std::string& name, std::string value) {
        file_.malformed.erase(name);
        file_.variables[name] = std::move(value);
    }

    void set_expanded(const std::string& name, int line, std::string_view value) {
        Expanded expanded = expand_variables(value, [&](const std::string& wanted) {
            const auto outside = environment_.find(wanted);
            if (outside != environment_.end()) return std::optional(outside->second);
            const auto above = file_.variables.find(wanted);
            return above == file_.variables.end() ? std::nullopt : std::optional(above->second);
        });
        if (!expanded.error.empty()) {
            file_.variables.erase(name);
            file_.malformed[name] = place(line) + ": " + expanded.error;
            return;
        }
        for (const std::string& missing : expanded.missing)
            file_.warnings.push_back(
                fmt::format("{}: {} takes the value of {}, which is not set", place(line), name, missing));
        set(name, std::move(expanded.text));
    }

    void read_plain(const std::string& name, bool after_blank) {
        const int line = line_;
        std::string value;
        while (peek() != '\n') {
            const bool blank_before =
                value.empty() ? after_blank : value.back() == ' ' || value.back() == '\t';
            if (peek() == '#' && blank_before) break;
            value += text_[at_++];
        }
        skip_line();
        value.erase(value.find_last_not_of(" \t\r") + 1);
        set_expanded(name, line, value);
    }

    /// Where the quote that begins at `at_` is closed; nothing when it never is.
    std::optional<std::size_t> closing_quote(char quote) const {
        for (std::size_t at = at_ + 1; at < text_.size(); ++at) {
            if (text_[at] == quote) return at;
            if (text_[at] == '\\') ++at;
        }
        return {};
    }

    void read_quoted(const std::string& name, char quote) {
        const int opened = line_;
        const auto end = closing_quote(quote);
        if (!end) return refuse(name, opened, "the quote is never closed");
        std::string value;
        for (++at_; at_ < *end; ++at_) {
            if (text_[at_] == '\n') ++line_;
            if (text_[at_] == '\\' && at_ + 1 < *end)
                value += quote == '"' ? unescaped(text_[++at_]) : unescaped_single(text_[++at_]);
            else
                value += text_[at_];
        }
        ++at_;
        skip_blanks();
        if (!at_end_of_value()) return refuse(name, opened, "unexpected text after the closing quote");
        skip_line();
        if (quote == '"')
            set_expanded(name, opened, value);
        else
            set(name, std::move(value));
    }

    std::string unescaped_single(char escaped) {
        if (escaped == '\n') ++line_;
        return escaped == '\'' || escaped == '\\' ? std::string(1, escaped) : std::string("\\") + escaped;
    }

    /// What `\escaped` stands for; an unknown escape keeps its backslash.
    std::string unescaped(char escaped) {
        constexpr std::string_view k_names = "abfnrtv\"'\\", k_meanings = "\a\b\f\n\r\t\v\"'\\";
        if (escaped == '$') return std::string(k_literal_dollar);
        if (escaped == '\n') ++line_;
        const std::size_t known = k_names.find(escaped);
        return known == std::string_view::npos ? std::string("\\") + escaped
                                               : std::string(1, k_meanings[known]);
    }

    std::string_view text_;
    std::string_view source_;
    const Variables& environment_;
    std::size_t at_ = 0;
    int line_ = 1;
    int passed_over_ = 0;
    EnvFile file_;
};

} // namespace

EnvFile parse_env_file(std::string_view text, std::string_view source, const Variables& environment) {
    return EnvReader(text, source, environment).read();
}

} // namespace roacache::config
