#include "src/config/env_file.hpp"

#include "src/config/variable_expansion.hpp"
#include "src/core/secret.hpp"

#include <algorithm>
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

/// Line ends of the kind CR alone as line feeds.
std::string with_line_feeds(std::string_view text) {
    std::string result(text);
    for (std::size_t at = result.find('\r'); at != std::string::npos; at = result.find('\r', at + 1))
        if (at + 1 < result.size() && result[at + 1] != '\n') result[at] = '\n';
    return result;
}

bool may_be_secret(std::string_view name, std::string_view value) {
    return core::names_secret(name) || value.find_first_of("@:/;,") != std::string_view::npos ||
           value.find("${") == std::string_view::npos;
}

/// Reads one file from front to back.
class EnvReader {
  public:
    EnvReader(std::string_view text, std::string_view source, const Variables& environment)
        : text_(with_line_feeds(text)), source_(source), environment_(environment) {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3; // byte order mark
    }

    EnvFile read() {
        while (at_ < text_.size())
            read_line();
        if (passed_over_ > 1)
            file_.warnings[0] += fmt::format(
                ", and so {}",
                passed_over_ == 2 ? "is 1 line more" : fmt::format("are {} lines more", passed_over_ - 1));
        for (const auto& [name, why] : lost_)
            if (!file_.variables.contains(name)) file_.malformed.try_emplace(name, why);
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

    /// A line that a .env file cannot have; reported once, at the first of them.
    void pass_over() {
        if (passed_over_++ == 0)
            file_.warnings.insert(file_.warnings.begin(),
                                  place(line_) + ": this line is not NAME=value and is passed over");
        const std::size_t begin = text_.rfind('\n', at_ == 0 ? 0 : at_ - 1);
        lose_names(begin == std::string::npos || at_ == 0 ? 0 : begin);
        skip_line();
    }

    /// Notes the names before the value in the line that is passed over from `begin` on, comments apart.
    void lose_names(std::size_t begin) {
        std::string_view line = std::string_view(text_).substr(begin);
        line.remove_prefix(std::min(line.find_first_not_of("\n \t\r"), line.size()));
        line = line.substr(0, line.find_first_of("=\n"));
        if (line.starts_with(';') || line.starts_with('/')) return;
        std::string name;
        for (const char c : std::string(line) + "\n") {
            if (is_name_character(c)) {
                name += c;
                continue;
            }
            if (!name.empty()) lost_.try_emplace(name, place(line_) + ": this line is not NAME=value");
            name.clear();
        }
    }

    /// Notes the assignment that a line within the quotes of another variable looks like.
    void lose_assignment(std::size_t begin, const std::string& quoted) {
        std::string_view line = std::string_view(text_).substr(begin);
        line = line.substr(0, line.find_first_of("=\n"));
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        if (line.starts_with("export ")) line.remove_prefix(7);
        line = line.substr(0, line.find_last_not_of(" \t") + 1);
        if (!line.empty() && std::all_of(line.begin(), line.end(), is_name_character))
            lost_.try_emplace(std::string(line),
                              fmt::format("{}: it stands within the quotes of {}", place(line_), quoted));
    }

    /// Plain, or in single quotes as python-dotenv takes it.
    std::string read_name() {
        std::string name;
        if (peek() == '\'') {
            const std::size_t end = text_.find_first_of("'\n", at_ + 1);
            if (end == std::string::npos || text_[end] == '\n') return name;
            name = text_.substr(at_ + 1, end - at_ - 1);
            at_ = end + 1;
            return name;
        }
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
        if (name == "export" && blank && (is_name_character(peek()) || peek() == '\'')) {
            name = read_name();
            blank = false;
            skip_blanks();
        }
        if (name.empty() || name.front() == '-') return pass_over();
        if (at_end_of_value()) return skip_line();
        // `NAME: value` means the same to some readers; which is meant here is not known.
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
        file_.incomplete.erase(name);
        file_.from_environment.erase(name);
        file_.variables[name] = std::move(value);
    }

    void set_expanded(const std::string& name, int line, std::string_view value) {
        Expanded expanded =
            expand_variables(value, [&](const std::string& wanted) -> std::optional<VariableValue> {
                if (const auto outside = environment_.find(wanted); outside != environment_.end())
                    return VariableValue{outside->second, true, true};
                const auto above = file_.variables.find(wanted);
                if (above == file_.variables.end()) return {};
                const auto taken = file_.from_environment.find(wanted);
                const bool some = taken != file_.from_environment.end();
                return VariableValue{above->second, some, some && taken->second.all};
            });
        if (!expanded.error.empty()) {
            file_.variables.erase(name);
            file_.malformed[name] = place(line) + ": " + expanded.error;
            return;
        }
        set(name, std::move(expanded.text));
        if (expanded.from_environment != std::string::npos)
            file_.from_environment[name] = {expanded.from_environment, expanded.all_from_environment};
        if (expanded.missing.empty()) return;
        // What follows a $ by mistake is part of the value, and perhaps of a secret.
        const std::string missing = may_be_secret(name, value) ? "a variable" : expanded.missing.front();
        file_.incomplete[name] =
            fmt::format("{}: {} takes the value of {}, which is not set", place(line), name, missing);
        file_.warnings.push_back(file_.incomplete[name]);
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
            if (text_[at_] == '\n') {
                ++line_;
                lose_assignment(at_ + 1, name);
            }
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

    /// What `\escaped` means; an unknown escape keeps its backslash.
    std::string unescaped(char escaped) {
        constexpr std::string_view k_names = "abfnrtv\"'\\", k_meanings = "\a\b\f\n\r\t\v\"'\\";
        if (escaped == '$') return std::string(k_literal_dollar);
        if (escaped == '\n') ++line_;
        const std::size_t known = k_names.find(escaped);
        return known == std::string_view::npos ? std::string("\\") + escaped
                                               : std::string(1, k_meanings[known]);
    }

    std::string text_;
    std::string_view source_;
    const Variables& environment_;
    std::size_t at_ = 0;
    int line_ = 1;
    int passed_over_ = 0;
    EnvFile file_;
    Variables lost_; ///< why no line sets a variable that one seems to set; by name
};

} // namespace

EnvFile parse_env_file(std::string_view text, std::string_view source, const Variables& environment) {
    return EnvReader(text, source, environment).read();
}

} // namespace roacache::config
