// Whatever a server sends: fed whole, byte by byte or cut in two, for the first time or again, the outcome is
// the same.

#include "tests/fuzz/response_outcome.hpp"

#include <cstdint>
#include <cstdlib>

using roacache::test::in_bytes;
using roacache::test::parse_pieces;
using roacache::test::parse_with;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool head_request = data[0] & 1U;
    const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto whole = parse_pieces({input}, head_request);
    if (parse_pieces(in_bytes(input), head_request) != whole) std::abort();
    const std::size_t cut = input.empty() ? 0 : (data[0] >> 1U) * input.size() / 128;
    if (parse_pieces({input.substr(0, cut), input.substr(cut)}, head_request) != whole) std::abort();
    // A parser that saw it before, as the answer to a request with a body and to one without.
    roacache::http::ResponseParser experienced("X-Cache");
    parse_with(experienced, {input}, !head_request);
    if (parse_with(experienced, {input}, head_request) != whole) std::abort();
    if (parse_with(experienced, {input}, head_request) != whole) std::abort();
    return 0;
}
