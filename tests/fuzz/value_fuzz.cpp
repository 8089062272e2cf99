// Whatever bytes a cache holds are recognised and decoded within bounds, and JSON stays the same JSON.

#include "src/output/value.hpp"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace roacache::output;
    constexpr std::size_t k_most = 1U << 16U;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const bool whole : {true, false}) {
        const DecodedValue value = decode_value(bytes, whole, k_most);
        if (value.kinds.empty() || value.kinds.size() > 4) std::abort();
        const bool untouched = value.kinds.size() == 1 && value.kinds.back() != ValueKind::msgpack;
        if (untouched && value.content != bytes) std::abort();
        if (value.kinds.size() > 1 && value.kinds.back() != ValueKind::msgpack &&
            value.content.size() > k_most)
            std::abort();
        if (value.kinds.back() != ValueKind::json) continue;
        const std::string pretty = pretty_json(value.content);
        if (!value.whole) continue;
        if (!nlohmann::json::accept(pretty)) std::abort();
        if (json_depth(value.content) < 100 &&
            nlohmann::json::parse(pretty) != nlohmann::json::parse(value.content))
            std::abort();
    }
    return 0;
}
