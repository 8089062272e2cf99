#include "src/demo/http/request_framing.hpp"

#include "src/core/ascii.hpp"
#include "src/net/http_token.hpp"

#include <algorithm>
#include <array>

namespace roacache::demo {
namespace {

constexpr std::size_t k_none = std::string_view::npos;

/// -1 for what is no hexadecimal digit.
int hex_value(char c) {
    if (core::is_digit(c)) return c - '0';
    const char small = core::to_lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

/// Calls `take` with each trimmed element of a comma-separated list, empty ones included.
template <typename Take>
void each_element(std::string_view list, Take take) {
    for (;;) {
        const std::size_t comma = list.find(',');
        take(core::trimmed(list.substr(0, comma)));
        if (comma == k_none) return;
        list.remove_prefix(comma + 1);
    }
}

bool contains(const auto& list, std::string_view word) {
    return std::any_of(list.begin(), list.end(),
                       [&](std::string_view one) { return core::equal_ignoring_case(word, one); });
}

constexpr std::array<std::string_view, 8> k_methods{"get",   "head",   "post",    "put",
                                                    "patch", "delete", "options", "trace"};
constexpr std::array<std::string_view, 6> k_single{"host",   "content-length", "content-type",
                                                   "origin", "authorization",  "content-encoding"};

} // namespace

void RequestFraming::begin() {
    std::string line = std::move(line_); // for the memory that it has
    line.clear();
    *this = RequestFraming();
    line_ = std::move(line);
}

bool RequestFraming::refuse(int status, const char* why) {
    state_ = State::refused;
    refusal_ = {status, why};
    return false;
}

std::size_t RequestFraming::feed(std::string_view data) {
    const std::size_t given = data.size();
    started_ = started_ || given > 0;
    while (!data.empty() && state_ == State::more) {
        if (step_ == Step::sized || step_ == Step::chunk_data)
            feed_data(data);
        else
            feed_line(data);
    }
    return given - data.size();
}

std::size_t RequestFraming::line_limit() const {
    if (step_ == Step::chunk_end) return 2;
    return step_ == Step::chunk_line ? k_most_chunk_line : k_most_line;
}

void RequestFraming::feed_line(std::string_view& data) {
    const std::size_t end = data.find('\n');
    const std::string_view part = data.substr(0, end == k_none ? end : end + 1);
    const std::size_t room = line_limit() + 2 - std::min(line_.size(), line_limit() + 2);
    const bool too_long = part.size() > room;
    line_.append(part.substr(0, room));
    data.remove_prefix(std::min(part.size(), room));
    if (too_long) {
        if (step_ == Step::request_line)
            refuse(414, "the request line is too long");
        else if (step_ == Step::chunk_line || step_ == Step::chunk_end)
            refuse(400, "a chunk's line is too long");
        else
            refuse(431, "a field is too long");
    } else if (end != k_none) {
        end_line();
        line_.clear();
    }
}

void RequestFraming::end_line() {
    std::string_view line = line_;
    if (!line.ends_with("\r\n")) {
        refuse(400, "a line does not end in CR LF");
        return;
    }
    line.remove_suffix(2);
    if (has_control(line)) {
        refuse(400, "a line holds a control character");
        return;
    }
    if (step_ <= Step::fields) head_bytes_ += line_.size();
    if (head_bytes_ > k_most_head) {
        refuse(431, "the header fields are too long");
        return;
    }
    switch (step_) {
    case Step::request_line:
        // Some old clients send an empty line behind a body.
        if (line.empty() && ++empty_lines_ <= 2) return;
        if (read_request_line(line)) step_ = Step::fields;
        return;
    case Step::fields:
        if (line.empty())
            end_head();
        else
            read_field(line);
        return;
    case Step::chunk_line:
        read_chunk_line(line);
        return;
    case Step::chunk_end:
        if (!line.empty()) refuse(400, "a chunk is longer than its line says");
        step_ = Step::chunk_line;
        return;
    case Step::trailer:
        if (line.empty())
            complete();
        else
            read_trailer(line);
        return;
    case Step::sized:
    case Step::chunk_data:
        return;
    }
}

bool RequestFraming::read_request_line(std::string_view line) {
    const std::size_t first = line.find(' '), last = line.rfind(' ');
    if (first == k_none || first == last) return refuse(400, "the first line is no request");
    const std::string_view method = line.substr(0, first), version = line.substr(last + 1);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    if (!net::is_token(method)) return refuse(400, "the method is none");
    if (version.size() != 8 || !version.starts_with("HTTP/") || !core::is_digit(version[5]) ||
        version[6] != '.' || !core::is_digit(version[7]))
        return refuse(400, "the first line is no request");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return refuse(505, "the service speaks HTTP/1.1");
    const bool capitals =
        std::none_of(method.begin(), method.end(), [](char c) { return c != core::to_lower(c); });
    if (capitals || !contains(k_methods, method)) return refuse(501, "the method is not known");
    http_1_0_ = version[7] == '0';
    has_body_ = method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
    if (!check_target(target)) return false;
    request_.method = method;
    request_.target = target;
    return true;
}

bool RequestFraming::check_target(std::string_view target) {
    if (!target.starts_with('/')) return refuse(400, "the target is no path");
    bool query = false;
    for (std::size_t i = 0; i < target.size(); ++i) {
        const char c = target[i];
        if (c <= ' ' || c > '~' || c == '#' || c == '\\')
            return refuse(400, "the target holds a character that has to be escaped");
        query = query || c == '?';
        if (c != '%') continue;
        const int high = i + 2 < target.size() ? hex_value(target[i + 1]) : -1;
        const int low = i + 2 < target.size() ? hex_value(target[i + 2]) : -1;
        if (high < 0 || low < 0) return refuse(400, "the target holds a % without two hexadecimal digits");
        const int byte = high * 16 + low;
        if (byte == 0 || (!query && (byte == '/' || byte == '\\')))
            return refuse(400, "the target hides a slash, a backslash or a NUL");
    }
    return true;
}

bool RequestFraming::read_field(std::string_view line) {
    if (++fields_ > k_most_fields) return refuse(431, "there are too many header fields");
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon == k_none || !net::is_token(name)) return refuse(400, "a header field has no name");
    const std::string_view value = core::trimmed(line.substr(colon + 1));
    for (std::size_t i = 0; i < k_single.size(); ++i) {
        if (!core::equal_ignoring_case(name, k_single[i])) continue;
        if (singles_ & (1U << i)) return refuse(400, "a header field stands there twice");
        singles_ |= 1U << i;
    }
    if (!read_framing_field(name, value)) return false;
    request_.fields.emplace_back(name, value);
    return true;
}

bool RequestFraming::read_framing_field(std::string_view name, std::string_view value) {
    if (core::equal_ignoring_case(name, "content-length")) return read_length(value);
    if (core::equal_ignoring_case(name, "transfer-encoding")) return read_encoding(value);
    if (core::equal_ignoring_case(name, "connection")) {
        read_connection(value);
    } else if (core::equal_ignoring_case(name, "expect")) {
        expects_ = core::equal_ignoring_case(value, "100-continue");
        if (!expects_) return refuse(417, "the service knows no expectation but 100-continue");
    } else if (core::equal_ignoring_case(name, "host")) {
        has_host_ = true;
    }
    return true;
}

bool RequestFraming::read_length(std::string_view value) {
    constexpr std::size_t k_most_digits = 18;
    if (value.empty() || !std::all_of(value.begin(), value.end(), core::is_digit))
        return refuse(400, "the Content-Length is no plain number");
    if (value.size() > k_most_digits) return refuse(413, "the body is too long");
    has_length_ = true;
    for (const char c : value)
        left_ = left_ * 10 + static_cast<std::uint64_t>(c - '0');
    return true;
}

bool RequestFraming::read_encoding(std::string_view value) {
    if (has_encoding_) return refuse(400, "a header field stands there twice");
    has_encoding_ = true;
    unsigned chunked = 0;
    bool others = false, sound = true, last = false;
    each_element(value, [&](std::string_view coding) {
        last = core::equal_ignoring_case(coding, "chunked");
        chunked += last ? 1U : 0U;
        others = others || !last;
        sound = sound && net::is_token(coding.substr(0, coding.find_first_of("; \t")));
    });
    if (!sound || chunked > 1 || (chunked == 1 && !last))
        return refuse(400, "the Transfer-Encoding does not say where the body ends");
    if (others) return refuse(501, "the service knows no Transfer-Encoding but chunked");
    return true;
}

void RequestFraming::read_connection(std::string_view value) {
    each_element(value, [&](std::string_view option) {
        close_ = close_ || core::equal_ignoring_case(option, "close");
        keep_alive_ = keep_alive_ || core::equal_ignoring_case(option, "keep-alive");
    });
}

bool RequestFraming::end_head() {
    if (!has_host_ && !http_1_0_) return refuse(400, "the request has no Host");
    if (has_encoding_ && (has_length_ || http_1_0_))
        return refuse(400, has_length_ ? "there is a Content-Length beside a Transfer-Encoding"
                                       : "HTTP/1.0 knows no Transfer-Encoding");
    if (left_ > k_most_body) return refuse(413, "the body is too long");
    if (has_encoding_) {
        step_ = Step::chunk_line;
    } else if (left_ > 0) {
        step_ = Step::sized;
    } else {
        complete();
    }
    return true;
}

void RequestFraming::feed_data(std::string_view& data) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size()));
    request_.body.append(data.substr(0, part));
    data.remove_prefix(part);
    left_ -= part;
    if (left_ > 0) return;
    if (step_ == Step::sized)
        complete();
    else
        step_ = Step::chunk_end;
}

bool RequestFraming::read_chunk_line(std::string_view line) {
    chunk_line_bytes_ += line_.size() + 2;
    if (chunk_line_bytes_ > k_most_chunk_lines) return refuse(413, "there are too many bytes of chunk lines");
    std::size_t digits = 0;
    left_ = 0;
    for (; digits < line.size() && hex_value(line[digits]) >= 0; ++digits) {
        left_ = left_ * 16 + static_cast<std::uint64_t>(hex_value(line[digits]));
        if (request_.body.size() + left_ > k_most_body) return refuse(413, "the body is too long");
    }
    if (digits == 0 || (digits < line.size() && line[digits] != ';'))
        return refuse(400, "a chunk's size is no plain hexadecimal number");
    step_ = left_ > 0 ? Step::chunk_data : Step::trailer;
    return true;
}

bool RequestFraming::read_trailer(std::string_view line) {
    trailer_bytes_ += line_.size();
    if (trailer_bytes_ > k_most_trailer) return refuse(431, "the trailer is too long");
    return net::is_token(line.substr(0, line.find(':'))) && line.find(':') != k_none
               ? true
               : refuse(400, "a trailer field has no name");
}

bool RequestFraming::take_expectation() {
    const bool waits = expects_ && in_body() && !http_1_0_;
    if (waits) expects_ = false;
    return waits;
}

void RequestFraming::complete() {
    if (!has_body_) request_.body.clear();
    state_ = State::complete;
}

} // namespace roacache::demo
