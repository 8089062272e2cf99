#include "src/config/variable_expansion.hpp"

#include <algorithm>

namespace roacache::config {
namespace {

constexpr int k_deepest = 16;
/// Values that are put into each other may double in size each time.
constexpr std::size_t k_longest = std::size_t{1} << 20;

bool begins_name(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

std::size_t name_length(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size() &&
           (begins_name(text[length]) || (length > 0 && text[length] >= '0' && text[length] <= '9')))
        ++length;
    return length;
}

class Expansion {
  public:
    explicit Expansion(const Lookup& lookup) : lookup_(lookup) {}

    std::string expand(std::string_view text, int depth) {
        if (depth > k_deepest) return fail("its variables are nested too deep");
        std::string result;
        while (!text.empty() && found.error.empty()) {
            const std::size_t dollar = std::min(text.find('$'), text.size());
            result += text.substr(0, dollar);
            text.remove_prefix(dollar);
            if (depth == 0) taken_ = false;
            if (!text.empty()) {
                const std::string value = take_variable(text, depth);
                if (taken_ && depth == 0)
                    found.from_environment = std::min(found.from_environment, result.size());
                found.all_from_environment =
                    taken_ && result.empty() && text.empty() && taken_value_ == value && depth == 0;
                result += value;
            }
            if (result.size() > k_longest) return fail("it is longer than 1 MiB");
        }
        return result;
    }

    Expanded found;

  private:
    std::string fail(std::string why) {
        if (found.error.empty()) found.error = std::move(why);
        return {};
    }

    /// `text` begins with the `$`.
    std::string take_variable(std::string_view& text, int depth) {
        text.remove_prefix(1);
        if (text.starts_with('$')) {
            text.remove_prefix(1);
            return "$";
        }
        if (text.starts_with('{')) return take_braces(text, depth);
        const std::string name(text.substr(0, name_length(text)));
        if (name.empty()) return "$";
        text.remove_prefix(name.size());
        return value_or_nothing(name);
    }

    std::string take(VariableValue value) {
        taken_ = taken_ || value.from_environment;
        if (value.all_from_environment) taken_value_ = value.text;
        return std::move(value.text);
    }

    std::string value_or_nothing(const std::string& name) {
        if (auto value = lookup_(name)) return take(*std::move(value));
        found.missing.push_back(name);
        return {};
    }

    static std::size_t closing_brace(std::string_view text) {
        int open = 0;
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (text[at] == '{' && at > 0 && text[at - 1] == '$') ++open;
            if (text[at] == '}' && --open < 0) return at;
        }
        return std::string_view::npos;
    }

    std::string take_braces(std::string_view& text, int depth) {
        text.remove_prefix(1);
        const std::size_t end = closing_brace(text);
        if (end == std::string_view::npos) return fail("a ${ is never closed");
        std::string_view inside = text.substr(0, end);
        text.remove_prefix(end + 1);
        const std::string name(inside.substr(0, name_length(inside)));
        if (name.empty()) return fail("a ${ is not followed by the name of a variable");
        inside.remove_prefix(name.size());
        if (inside.empty()) return value_or_nothing(name);
        const bool colon = inside.starts_with(':');
        if (colon) inside.remove_prefix(1);
        if (inside.empty() || std::string_view("-+?").find(inside[0]) == std::string_view::npos)
            return fail("what follows the name in a ${…} is not known");
        const char what = inside[0];
        inside.remove_prefix(1);
        auto value = lookup_(name);
        const bool there = value && !(colon && value->text.empty());
        if (what == '+') return there ? expand(inside, depth + 1) : std::string{};
        if (there) return take(*std::move(value));
        if (what == '-') return expand(inside, depth + 1);
        return fail("it needs a variable that is not set");
    }

    const Lookup& lookup_;
    std::optional<std::string> taken_value_; ///< the last that is all of the environment
    bool taken_ = false;                     ///< from the environment, since the last `$` of the whole text
};

} // namespace

Expanded expand_variables(std::string_view text, const Lookup& lookup) {
    Expansion expansion(lookup);
    expansion.found.text = expansion.expand(text, 0);
    if (!expansion.found.error.empty()) expansion.found.text.clear();
    return std::move(expansion.found);
}

} // namespace roacache::config
