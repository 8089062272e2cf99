// Whatever a client sends: fed whole, byte by byte or cut in two, the outcome is the same. What is taken has
// one meaning: written anew with a Content-Length it is one request with the same parts and nothing behind
// it.

#include "src/demo/http/request_framing.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

using roacache::demo::RequestFraming;

namespace {

struct Outcome {
    RequestFraming::State state;
    int status;
    std::size_t used;
    bool keeps_alive;
    std::string text;
    bool operator==(const Outcome&) const = default;
};

/// In the one form that every reader understands alike.
std::string text_of(const RequestFraming& framing) {
    const roacache::demo::HttpRequest& request = framing.request();
    std::string text =
        request.method + " " + request.target + (framing.http_1_0() ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    for (const auto& [name, value] : request.fields) {
        std::string lower = name;
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        if (lower == "content-length" || lower == "transfer-encoding" || lower == "expect") continue;
        text += name + ": " + value + "\r\n";
    }
    if (!request.body.empty()) text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    return text + "\r\n" + request.body;
}

Outcome frame(RequestFraming& framing, const std::vector<std::string_view>& pieces) {
    framing.begin();
    std::size_t used = 0;
    for (const std::string_view piece : pieces)
        if (framing.state() == RequestFraming::State::more) used += framing.feed(piece);
    const bool complete = framing.state() == RequestFraming::State::complete;
    // Where in its bytes a request is given up is not promised.
    return {framing.state(), framing.refusal().status, complete ? used : 0, complete && framing.keeps_alive(),
            complete ? text_of(framing) : std::string()};
}

void check_text(const std::string& text) {
    const std::size_t head = text.find("\r\n\r\n");
    if (head == std::string::npos || head > 2 * RequestFraming::k_most_head) std::abort();
    std::string lower = text.substr(0, head);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = lower.find('\n', at)) != std::string::npos; ++at, ++lines)
        if (lower[at - 1] != '\r' || lower[at + 1] == ' ' || lower[at + 1] == '\t') std::abort();
    if (lines > RequestFraming::k_most_fields + 2) std::abort();
    if (lower.find("\r\ntransfer-encoding:") != std::string::npos || lower.find('\0') != std::string::npos)
        std::abort();
    const std::string_view body = std::string_view(text).substr(head + 4);
    const std::size_t length = lower.find("\r\ncontent-length: ");
    if (length == std::string::npos) {
        if (!body.empty()) std::abort();
        return;
    }
    if (lower.find("\r\ncontent-length: ", length + 1) != std::string::npos) std::abort();
    if (std::stoull(lower.substr(length + 18)) != body.size() || body.size() > RequestFraming::k_most_body)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    RequestFraming framing;
    const Outcome whole = frame(framing, {input});
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < size; ++i)
        bytes.push_back(input.substr(i, 1));
    // A framing that took another request before.
    if (frame(framing, bytes) != whole) std::abort();
    for (const std::size_t cut : {size / 3, size / 2, size - size / 5})
        if (frame(framing, {input.substr(0, cut), input.substr(cut)}) != whole) std::abort();
    if (whole.state != RequestFraming::State::complete) return 0;
    check_text(whole.text);
    RequestFraming again;
    const Outcome same = frame(again, {whole.text});
    if (same.state != RequestFraming::State::complete || same.used != whole.text.size() ||
        same.text != whole.text)
        std::abort();
    return 0;
}
