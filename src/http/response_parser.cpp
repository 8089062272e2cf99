#include "src/http/response_parser.hpp"

#include "src/core/ascii.hpp"
#include "src/core/comma_list.hpp"
#include "src/net/http_token.hpp"

#include <algorithm>
#include <limits>

namespace roacache::http {
namespace {

constexpr std::string_view k_version = "HTTP/1.";
constexpr std::size_t k_not_found = std::string_view::npos;
constexpr std::uint64_t k_greatest_length = std::numeric_limits<std::int64_t>::max();

/// Where the head ends (after its blank line), looked for from `scanned` on, which moves to where to go on.
std::size_t head_end(std::string_view text, std::size_t& scanned) {
    for (;;) {
        const std::size_t line_end = text.find('\n', scanned);
        if (line_end == k_not_found) {
            scanned = text.size();
            return k_not_found;
        }
        scanned = line_end;
        const std::string_view next = text.substr(line_end + 1, 2);
        if (next.starts_with('\n')) return line_end + 2;
        if (next == "\r\n") return line_end + 3;
        if (next.empty() || next == "\r") return k_not_found;
        scanned = line_end + 1;
    }
}

/// Takes the first line with the lines folded onto it, without its line end.
std::string_view take_line(std::string_view& text) {
    std::size_t end = text.find('\n');
    while (end + 1 < text.size() && (text[end + 1] == ' ' || text[end + 1] == '\t'))
        end = text.find('\n', end + 1);
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool has_bare_carriage_return(std::string_view value) {
    for (std::size_t at = value.find('\r'); at != k_not_found; at = value.find('\r', at + 1))
        if (at + 1 == value.size() || value[at + 1] != '\n') return true;
    return false;
}

bool read_length(std::string_view digits, std::uint64_t& length) {
    length = 0;
    for (const char c : digits) {
        if (!core::is_digit(c)) return false;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (length > (k_greatest_length - digit) / 10) return false;
        length = length * 10 + digit;
    }
    return !digits.empty();
}

} // namespace

void ResponseParser::begin(bool head_request) {
    head_.clear();
    scanned_ = 0;
    status_ = 0;
    step_ = Step::head;
    error_ = ErrorClass::none;
    head_request_ = head_request;
    started_ = false;
    keep_alive_ = false;
}

bool ResponseParser::fail(ErrorClass error) {
    error_ = error;
    step_ = Step::failed;
    keep_alive_ = false;
    return false;
}

ResponseParser::Fed ResponseParser::feed(std::string_view data, ResponseSink& sink) {
    started_ = started_ || !data.empty();
    std::size_t used = 0;
    while (used < data.size() && step_ != Step::done && step_ != Step::failed) {
        const std::string_view rest = data.substr(used);
        used += step_ == Step::head ? feed_head(rest, sink) : feed_body(rest, sink);
    }
    if (step_ == Step::done) return {State::complete, used};
    return {step_ == Step::failed ? State::failed : State::more, data.size()};
}

ResponseParser::State ResponseParser::finish(bool was_cut) {
    if ((step_ == Step::until_close && !was_cut) || step_ == Step::done) {
        step_ = Step::done;
        return State::complete;
    }
    if (step_ != Step::failed) fail(ErrorClass::closed);
    return State::failed;
}

std::size_t ResponseParser::feed_head(std::string_view data, ResponseSink& sink) {
    const std::size_t buffered = head_.size();
    if (!buffered && !known_.text.empty() && data.starts_with(known_.text)) {
        repeat_head(sink);
        return known_.text.size();
    }
    if (buffered) head_.append(data);
    const std::string_view text = buffered ? std::string_view(head_) : data;
    const std::size_t prefix = std::min(text.size(), k_version.size());
    if (text.substr(0, prefix) != k_version.substr(0, prefix)) {
        fail(ErrorClass::protocol);
        return data.size();
    }
    const std::size_t end = head_end(text, scanned_);
    if (std::min(end, text.size()) > k_head_limit) {
        fail(ErrorClass::too_large);
        return data.size();
    }
    if (end == k_not_found) {
        if (!buffered) head_.assign(data);
        return data.size();
    }
    read_head(text.substr(0, end), sink);
    head_.clear();
    scanned_ = 0;
    return end - buffered;
}

void ResponseParser::repeat_head(ResponseSink& sink) {
    const auto view = [&](const Span& span) {
        return std::string_view(known_.text).substr(span.begin, span.size);
    };
    status_ = known_.status;
    http_1_0_ = known_.http_1_0;
    for (const Span& value : known_.watched)
        sink.on_watched(view(value));
    begin_body(known_.framing);
    sink.on_head({status_, view(known_.content_type), view(known_.location), view(known_.content_encoding)});
}

void ResponseParser::know_head(std::string_view text, const Framing& framing, const ResponseHead& seen) {
    const auto span = [&](std::string_view part) {
        return part.empty() ? Span{} : Span{static_cast<std::size_t>(part.data() - text.data()), part.size()};
    };
    known_.text.assign(text);
    known_.status = status_;
    known_.http_1_0 = http_1_0_;
    known_.framing = framing;
    known_.content_type = span(seen.content_type);
    known_.location = span(seen.location);
    known_.content_encoding = span(seen.content_encoding);
    known_.watched.clear();
    for (const std::string_view value : watched_values_)
        known_.watched.push_back(span(value));
}

bool ResponseParser::read_head(const std::string_view whole, ResponseSink& sink) {
    std::string_view head = whole;
    known_.text.clear();
    watched_values_.clear();
    joined_encodings_.clear();
    if (head.find('\0') != k_not_found) return fail(ErrorClass::protocol);
    if (!read_status_line(take_line(head))) return fail(ErrorClass::protocol);
    Framing framing;
    ResponseHead seen;
    seen.status = status_;
    for (std::string_view line = take_line(head); !line.empty(); line = take_line(head))
        if (!read_field(line, framing, seen, sink)) return fail(ErrorClass::protocol);
    if (status_ == 101) return fail(ErrorClass::protocol);
    if (status_ < 200) return true;
    if (watched_ != k_all_fields && joined_encodings_.empty()) know_head(whole, framing, seen);
    begin_body(framing);
    sink.on_head(seen);
    return true;
}

bool ResponseParser::read_status_line(std::string_view line) {
    // HTTP/1.1 200 OK
    if (line.size() < 12 || !core::is_digit(line[7]) || line[8] != ' ') return false;
    if (line.size() > 12 && line[12] != ' ') return false;
    if (!core::is_digit(line[9]) || !core::is_digit(line[10]) || !core::is_digit(line[11])) return false;
    if (line.find('\r') != k_not_found || line.find('\n') != k_not_found) return false;
    http_1_0_ = line[7] == '0';
    status_ = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    return status_ >= 100;
}

bool ResponseParser::read_field(std::string_view line, Framing& framing, ResponseHead& head,
                                ResponseSink& sink) {
    const auto colon = static_cast<std::size_t>(
        std::find_if_not(line.begin(), line.end(), net::is_token_char) - line.begin());
    if (colon == 0 || colon == line.size() || line[colon] != ':' || has_bare_carriage_return(line))
        return false;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = core::trimmed(line.substr(colon + 1));
    if (watched_ == k_all_fields && head.status >= 200) sink.on_field(name, value);
    if (core::equal_ignoring_case(name, "content-length")) return read_content_length(value, framing);
    if (core::equal_ignoring_case(name, "transfer-encoding")) return read_transfer_encoding(value, framing);
    if (core::equal_ignoring_case(name, "connection")) {
        core::each_element(value, [&](std::string_view option) {
            framing.close = framing.close || core::equal_ignoring_case(option, "close");
            framing.keep_alive = framing.keep_alive || core::equal_ignoring_case(option, "keep-alive");
        });
    } else if (core::equal_ignoring_case(name, "content-type")) {
        head.content_type = value;
    } else if (core::equal_ignoring_case(name, "location")) {
        head.location = value;
    } else if (core::equal_ignoring_case(name, "content-encoding")) {
        if (!head.content_encoding.empty())
            joined_encodings_ = std::string(head.content_encoding).append(", ").append(value);
        head.content_encoding = joined_encodings_.empty() ? value : std::string_view(joined_encodings_);
    }
    if (head.status >= 200 && !watched_.empty() && core::equal_ignoring_case(name, watched_)) {
        watched_values_.push_back(value);
        sink.on_watched(value);
    }
    return true;
}

bool ResponseParser::read_content_length(std::string_view value, Framing& framing) {
    bool sound = true;
    core::each_element(value, [&](std::string_view element) {
        std::uint64_t length = 0;
        sound = sound && read_length(element, length) && (!framing.has_length || framing.length == length);
        framing.length = length;
        framing.has_length = true;
    });
    return sound && framing.has_length && !value.empty();
}

bool ResponseParser::read_transfer_encoding(std::string_view value, Framing& framing) {
    bool sound = true;
    core::each_element(value, [&](std::string_view coding) {
        const bool chunked = core::equal_ignoring_case(coding, "chunked");
        sound = sound && !(chunked && framing.chunked);
        if (core::equal_ignoring_case(coding, "identity")) return;
        framing.has_encoding = true;
        framing.chunked = chunked;
    });
    return sound;
}

void ResponseParser::begin_body(const Framing& framing) {
    keep_alive_ = !framing.close && (!http_1_0_ || framing.keep_alive);
    if (head_request_ || status_ == 204 || status_ == 304) {
        step_ = Step::done;
    } else if (framing.chunked) {
        // RFC 9112 6.1: a server of version 1.0 that sends chunks is not to be trusted with a second request.
        keep_alive_ = keep_alive_ && !http_1_0_;
        chunks_.begin();
        step_ = Step::chunked;
    } else if (framing.has_length && !framing.has_encoding) {
        left_ = framing.length;
        step_ = left_ ? Step::sized : Step::done;
    } else {
        keep_alive_ = false;
        step_ = Step::until_close;
    }
}

std::size_t ResponseParser::feed_body(std::string_view data, ResponseSink& sink) {
    if (step_ == Step::chunked) {
        const std::size_t used = chunks_.feed(data, sink);
        if (chunks_.error() != ErrorClass::none) {
            fail(chunks_.error());
        } else if (chunks_.over()) {
            step_ = Step::done;
        }
        return used;
    }
    if (step_ == Step::until_close) {
        sink.on_body(data);
        return data.size();
    }
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size()));
    sink.on_body(data.substr(0, part));
    left_ -= part;
    if (left_ == 0) step_ = Step::done;
    return part;
}

} // namespace roacache::http
