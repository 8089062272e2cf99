#include "src/output/json_text.hpp"
#include "src/output/value.hpp"

#include <algorithm>

namespace roacache::output {
namespace {

/// Deeper levels are set no further in, so that nesting cannot make a short text long.
constexpr std::size_t k_deepest_indent = 40;

unsigned code_unit(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

class Printer {
  public:
    explicit Printer(std::string_view json) : json_(json) {}

    std::string print() {
        while (at_ < json_.size()) {
            const char c = json_[at_];
            if (c == '"')
                copy_string();
            else if (is_space(c))
                ++at_;
            else
                mark(c);
        }
        return std::move(text_);
    }

  private:
    void new_line() {
        text_ += '\n';
        text_.append(2 * std::min(depth_, k_deepest_indent), ' ');
    }

    void mark(char c) {
        ++at_;
        if (c == '{' || c == '[') {
            text_ += c;
            while (at_ < json_.size() && is_space(json_[at_]))
                ++at_;
            if (code_unit(json_, at_) == static_cast<unsigned>(c == '{' ? '}' : ']')) {
                text_ += json_[at_++];
                return;
            }
            ++depth_;
            new_line();
        } else if (c == '}' || c == ']') {
            if (depth_ > 0) --depth_;
            new_line();
            text_ += c;
        } else if (c == ',') {
            text_ += c;
            new_line();
        } else {
            text_ += c;
            if (c == ':') text_ += ' ';
        }
    }

    void copy_string() {
        text_ += json_[at_++];
        while (at_ < json_.size()) {
            const char c = json_[at_++];
            text_ += c;
            if (c == '\\' && at_ < json_.size()) text_ += json_[at_++];
            if (c == '"') return;
        }
    }

    std::string_view json_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::string text_;
};

} // namespace

std::string pretty_json(std::string_view json) {
    return harmless_json(Printer(json).print());
}

std::size_t json_depth(std::string_view json) {
    std::size_t depth = 0, deepest = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const char c = json[at];
        if (in_string && c == '\\') ++at;
        if (c == '"') in_string = !in_string;
        if (in_string) continue;
        if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
        if ((c == '}' || c == ']') && depth > 0) --depth;
    }
    return deepest;
}

} // namespace roacache::output
