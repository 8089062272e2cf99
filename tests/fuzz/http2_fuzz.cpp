// Whatever a server sends over HTTP/2: every request ends, a whole response has one head, and the outcome is
// the same when the bytes are cut in two.

#include "tests/fuzz/http2_outcome.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using roacache::bench::Http2Exchange;
using roacache::http::ErrorClass;
using roacache::test::Http2Outcome;
using roacache::test::speak;

namespace {

void check_sound(const Http2Outcome& outcome, std::size_t begun) {
    for (std::size_t i = 0; i < begun; ++i) {
        const Http2Outcome::Response& response = outcome.responses[i];
        const auto heads = std::count(response.heads.begin(), response.heads.end(), '\n');
        const bool whole = response.state == Http2Exchange::State::complete;
        if (!whole && response.state != Http2Exchange::State::failed) std::abort();
        if (whole != (response.error == ErrorClass::none)) std::abort();
        if (heads > 1 || (whole && (heads != 1 || response.status < 200 || response.status > 999)))
            std::abort();
        if (!response.body.empty() && heads == 0) std::abort();
        if (response.body.size() > response.received) std::abort();
    }
}

/// nghttp2 counts these frames by how often it was fed while it waited for one, and gives up after eight.
bool has_many_continuations(std::string_view input) {
    constexpr std::size_t k_head = 9, k_continuation = 9, k_many = 6;
    std::size_t count = 0;
    while (input.size() >= k_head) {
        const auto byte = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(input[i])}; };
        if (byte(3) == k_continuation) ++count;
        const std::size_t size = k_head + (byte(0) << 16U) + (byte(1) << 8U) + byte(2);
        input.remove_prefix(std::min(size, input.size()));
    }
    return count > k_many;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t begun = 1 + data[0] % 3;
    const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
    const Http2Outcome whole = speak({input}, begun, false);
    check_sound(whole, begun);
    const std::size_t cut = input.empty() ? 0 : (data[0] >> 2U) * input.size() / 64;
    const Http2Outcome in_two = speak({input.substr(0, cut), input.substr(cut)}, begun, false);
    check_sound(in_two, begun);
    if (in_two != whole && !has_many_continuations(input)) std::abort();
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < input.size(); ++i)
        bytes.push_back(input.substr(i, 1));
    check_sound(speak(bytes, begun, true), begun);
    return 0;
}
