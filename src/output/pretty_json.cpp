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

/// Bytes of the character at `at` when it must not reach a terminal: DEL, C1 and the marks that turn the
/// direction of text; its code goes to `code`. 0 for all others.
std::size_t unsafe_at(std::string_view text, std::size_t at, unsigned& code) {
    const unsigned first = code_unit(text, at), second = code_unit(text, at + 1),
                   third = code_unit(text, at + 2);
    code = first;
    if (first == 0x7F) return 1;
    code = second;
    if (first == 0xC2 && second < 0xA0) return 2;
    code = 0x2000U | (second & 0x3FU) << 6U | (third & 0x3FU);
    const bool turns = (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    return first == 0xE2 && turns ? 3 : 0;
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
        constexpr char k_digits[] = "0123456789abcdef";
        text_ += json_[at_++];
        while (at_ < json_.size()) {
            unsigned code = 0;
            if (const std::size_t size = unsafe_at(json_, at_, code); size > 0) {
                text_ += "\\u";
                for (unsigned shift = 16; shift > 0; shift -= 4)
                    text_ += k_digits[(code >> (shift - 4)) & 0xFU];
                at_ += size;
                continue;
            }
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
    return Printer(json).print();
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
