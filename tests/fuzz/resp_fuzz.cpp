#include "src/store/redis/reply.hpp"
#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

using namespace roacache::store::redis;

/// The first byte says in how large pieces the rest arrives.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = std::size_t{1} + data[0];
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    ReplyReader reader;
    Reply reply;
    try {
        while (!rest.empty()) {
            const std::size_t now = std::min(piece, rest.size());
            reader.feed(rest.substr(0, now));
            rest.remove_prefix(now);
            while (reader.next(reply)) {
                const Fields fields = parse_info(reply.text);
                read_info(fields, parse_hello(reply));
                read_statistics(fields);
            }
        }
    } catch (const std::runtime_error&) {
    }
    return 0;
}
