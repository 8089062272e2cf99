#include "src/layout/python_json.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <limits>

namespace roacache::layout {
namespace {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_plain(char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/// The value of a literal beyond the range of a double: infinity, or zero when it is too small.
double out_of_range(std::string_view literal) {
    const bool negative = literal.front() == '-';
    const std::size_t e = literal.find_first_of("eE");
    const std::string_view mantissa = literal.substr(0, e);
    std::int64_t exponent = 0;
    if (e != std::string_view::npos) {
        std::string_view digits = literal.substr(e + 1);
        if (digits.front() == '+') digits.remove_prefix(1);
        const bool tiny = digits.front() == '-';
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        if (parsed.ec != std::errc()) exponent = tiny ? INT64_MIN / 2 : INT64_MAX / 2;
    }
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    const std::size_t significant = mantissa.find_first_of("123456789");
    const std::int64_t magnitude =
        exponent + static_cast<std::int64_t>(point) - static_cast<std::int64_t>(significant);
    const double value = magnitude > 0 ? std::numeric_limits<double>::infinity() : 0.0;
    return negative ? -value : value;
}

class Reader {
  public:
    Reader(std::string_view json, JsonObject& work)
        : begin_(json.data()), at_(json.data()), end_(json.data() + json.size()), work_(work),
          out_(work.text) {}

    void whole_value() {
        skip_space();
        value(0);
        finish();
    }

    void whole_object() {
        skip_space();
        if (!next_is('{')) fail("expected an object");
        members(0, 0);
        finish();
    }

  private:
    [[noreturn]] void fail(std::string_view why) const {
        throw core::Error(core::ExitCode::usage, fmt::format("not JSON: byte {}: {}", at_ - begin_ + 1, why));
    }

    void finish() {
        skip_space();
        if (at_ != end_) fail("something follows the value");
    }

    void skip_space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r'))
            ++at_;
    }

    bool next_is(char c) const { return at_ != end_ && *at_ == c; }

    bool take(std::string_view word) {
        if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    void value(unsigned depth) {
        if (at_ == end_) fail("the text ends where a value is expected");
        if (depth > k_max_json_depth) fail("nested too deeply");
        switch (*at_) {
        case '"':
            string();
            return;
        case '{':
            object(depth);
            return;
        case '[':
            array(depth);
            return;
        case 't':
            word("true");
            return;
        case 'f':
            word("false");
            return;
        case 'n':
            word("null");
            return;
        case 'N':
            word("NaN");
            return;
        case 'I':
            word("Infinity");
            return;
        default:
            number();
        }
    }

    void word(std::string_view expected) {
        if (!take(expected)) fail("expected a value");
        out_ += expected;
    }

    void array(unsigned depth) {
        ++at_;
        out_ += '[';
        skip_space();
        for (bool first = true; !next_is(']'); first = false) {
            if (!first) separator(']');
            value(depth + 1);
            skip_space();
        }
        ++at_;
        out_ += ']';
    }

    /// The comma between two elements, and what belongs between them in the output.
    void separator(char close) {
        if (!next_is(',')) fail(fmt::format("expected ',' or '{}'", close));
        ++at_;
        skip_space();
        out_ += ", ";
    }

    /// The members are stacked behind those of the enclosing objects and put into order in place.
    void object(unsigned depth) {
        const std::size_t first = work_.members.size();
        const std::size_t names = work_.names.size();
        const std::size_t start = out_.size();
        if (!members(depth, first)) {
            std::string ordered = "{";
            for (std::size_t i = first; i < work_.members.size(); ++i) {
                if (i > first) ordered += ", ";
                ordered += work_.text_of(work_.members[i]);
            }
            out_.replace(start, std::string::npos, ordered);
        }
        out_ += '}';
        work_.members.resize(first);
        work_.names.resize(names);
    }

    /// Reads the members of an object onto the stack from `first` on, sorted, each name once. The output has
    /// them as they came, without the closing brace; true when that is the right order already.
    bool members(unsigned depth, std::size_t first) {
        ++at_;
        out_ += '{';
        skip_space();
        bool ordered = true;
        while (!next_is('}')) {
            if (work_.members.size() > first) separator('}');
            member(depth);
            skip_space();
            const auto& stack = work_.members;
            if (stack.size() > first + 1)
                ordered &= work_.name_of(stack[stack.size() - 2]) < work_.name_of(stack.back());
        }
        ++at_;
        if (!ordered) put_in_order(first);
        return ordered;
    }

    void member(unsigned depth) {
        JsonMember member;
        if (!next_is('"')) fail("expected a name in double quotes");
        member.text = out_.size();
        string();
        member.name = work_.names.size();
        append_decoded(std::string_view(out_).substr(member.text), work_.names);
        member.name_size = work_.names.size() - member.name;
        skip_space();
        if (!next_is(':')) fail("expected ':'");
        ++at_;
        skip_space();
        out_ += ": ";
        member.value = out_.size();
        value(depth + 1);
        member.end = out_.size();
        work_.members.push_back(member);
    }

    void put_in_order(std::size_t first) {
        const auto begin = work_.members.begin() + static_cast<std::ptrdiff_t>(first);
        // Equal names: the reversed order puts the one that is later in the text first, and that one stays.
        std::sort(begin, work_.members.end(), [&](const JsonMember& a, const JsonMember& b) {
            const int order = work_.name_of(a).compare(work_.name_of(b));
            return order != 0 ? order < 0 : a.text > b.text;
        });
        const auto same = [&](const JsonMember& a, const JsonMember& b) {
            return work_.name_of(a) == work_.name_of(b);
        };
        work_.members.erase(std::unique(begin, work_.members.end(), same), work_.members.end());
    }

    void string() {
        ++at_;
        out_ += '"';
        for (;;) {
            const char* run = at_;
            while (at_ != end_ && is_plain(*at_))
                ++at_;
            out_.append(run, at_);
            if (at_ == end_) fail("the text ends within a string");
            if (*at_ == '"') break;
            if (*at_ == '\\') {
                escape();
            } else if (static_cast<unsigned char>(*at_) < ' ') {
                fail("a control character within a string");
            } else {
                beyond_plain();
            }
        }
        ++at_;
        out_ += '"';
    }

    void beyond_plain() {
        if (*at_ == '\x7f') {
            append_unit(0x7F, out_);
            ++at_;
            return;
        }
        std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
        std::uint32_t code = 0;
        if (!take_utf8(rest, code)) fail("not UTF-8");
        at_ = rest.data();
        append_code(code, out_);
    }

    void escape() {
        if (end_ - at_ < 2) fail("the text ends within a string");
        switch (at_[1]) {
        case '"':
        case '\\':
        case '/':
            append_unit(static_cast<unsigned char>(at_[1]), out_);
            break;
        case 'b':
            append_unit('\b', out_);
            break;
        case 'f':
            append_unit('\f', out_);
            break;
        case 'n':
            append_unit('\n', out_);
            break;
        case 'r':
            append_unit('\r', out_);
            break;
        case 't':
            append_unit('\t', out_);
            break;
        case 'u': {
            const auto unit = hex4({at_ + 2, static_cast<std::size_t>(end_ - at_ - 2)});
            if (!unit) fail("expected four hexadecimal digits after \\u");
            append_unit(*unit, out_);
            at_ += 4;
            break;
        }
        default:
            fail("an unknown escape");
        }
        at_ += 2;
    }

    void digits() {
        while (at_ != end_ && is_digit(*at_))
            ++at_;
    }

    void number() {
        const char* start = at_;
        if (*at_ == '-') ++at_;
        if (at_ != end_ && *at_ == 'I') {
            at_ = start;
            word("-Infinity");
            return;
        }
        if (at_ == end_ || !is_digit(*at_)) {
            at_ = start;
            fail("expected a value");
        }
        if (*at_ == '0')
            ++at_;
        else
            digits();
        const char* whole = at_;
        fraction_and_exponent();
        const std::string_view literal(start, static_cast<std::size_t>(at_ - start));
        if (at_ != whole)
            real(literal);
        else
            out_ += literal == "-0" ? "0" : literal;
    }

    void fraction_and_exponent() {
        if (end_ - at_ >= 2 && *at_ == '.' && is_digit(at_[1])) {
            ++at_;
            digits();
        }
        if (at_ == end_ || (*at_ != 'e' && *at_ != 'E')) return;
        const char* exponent = at_ + 1;
        if (exponent != end_ && (*exponent == '+' || *exponent == '-')) ++exponent;
        if (exponent == end_ || !is_digit(*exponent)) return;
        at_ = exponent;
        digits();
    }

    void real(std::string_view literal) {
        double parsed = 0;
        const auto [end, error] = std::from_chars(literal.data(), literal.data() + literal.size(), parsed);
        append_real(error == std::errc() ? parsed : out_of_range(literal), out_);
    }

    const char* begin_;
    const char* at_;
    const char* end_;
    JsonObject& work_;
    std::string& out_;
};

} // namespace

std::string_view JsonObject::name_of(const JsonMember& member) const {
    return {names.data() + member.name, member.name_size};
}

std::string_view JsonObject::text_of(const JsonMember& member) const {
    return {text.data() + member.text, member.end - member.text};
}

std::string_view JsonObject::value_of(const JsonMember& member) const {
    return {text.data() + member.value, member.end - member.value};
}

void read_object(std::string_view json, JsonObject& into) {
    into.names.clear();
    into.text.clear();
    into.members.clear();
    Reader(json, into).whole_object();
}

void append_canonical(std::string_view json, std::string& out) {
    JsonObject work;
    Reader(json, work).whole_value();
    out += work.text;
}

} // namespace roacache::layout
