#include "src/http/chunked_body.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>
#include <limits>

namespace roacache::http {
namespace {

constexpr std::uint32_t k_line_limit = 4096;
constexpr std::uint32_t k_trailers_limit = 64 * 1024;
constexpr std::uint64_t k_greatest_before_digit = std::numeric_limits<std::int64_t>::max() >> 4;

/// -1 for what is no hexadecimal digit.
int hex_value(char c) {
    if (core::is_digit(c)) return c - '0';
    const char small = core::to_lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

} // namespace

std::size_t ChunkedBody::feed(std::string_view data, ResponseSink& sink) {
    std::size_t used = 0;
    while (used < data.size() && !over()) {
        if (step_ == Step::data) {
            const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(size_, data.size() - used));
            sink.on_body(data.substr(used, part));
            used += part;
            size_ -= part;
            if (size_ == 0) step_ = Step::data_end;
        } else if (step_ == Step::trailer) {
            feed_trailer(data[used++]);
        } else {
            feed_line(data[used++]);
        }
    }
    return used;
}

void ChunkedBody::feed_line(char c) {
    if (++line_ > k_line_limit) error_ = ErrorClass::protocol;
    switch (step_) {
    case Step::size:
        if (hex_value(c) >= 0) return add_digit(c);
        [[fallthrough]];
    case Step::space:
        if (!digits_) break;
        if (c == '\n') return end_line();
        if (c == ' ' || c == '\t') return void(step_ = Step::space);
        if (c == ';') return void(step_ = Step::extension);
        if (c == '\r') return void(step_ = Step::size_lf);
        break;
    case Step::extension:
        if (c == '\n') return end_line();
        if (c != '\0') return;
        break;
    case Step::size_lf:
        if (c == '\n') return end_line();
        break;
    case Step::data_end:
        if (c == '\r') return void(step_ = Step::data_lf);
        [[fallthrough]];
    default: // data_lf
        if (c != '\n') break;
        line_ = 0;
        digits_ = false;
        step_ = Step::size;
        return;
    }
    error_ = ErrorClass::protocol;
}

void ChunkedBody::add_digit(char c) {
    digits_ = true;
    if (size_ > k_greatest_before_digit) error_ = ErrorClass::protocol;
    size_ = size_ * 16 + static_cast<std::uint64_t>(hex_value(c));
}

void ChunkedBody::end_line() {
    step_ = size_ ? Step::data : Step::trailer;
    line_ = 0;
}

void ChunkedBody::feed_trailer(char c) {
    if (++trailers_ > k_trailers_limit) {
        error_ = ErrorClass::too_large;
    } else if (c == '\n') {
        if (line_ == 0) step_ = Step::done;
        line_ = 0;
        after_cr_ = false;
    } else if (after_cr_ || c == '\0') {
        error_ = ErrorClass::protocol;
    } else if (c == '\r') {
        after_cr_ = true;
    } else {
        ++line_;
    }
}

} // namespace roacache::http
