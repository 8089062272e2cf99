#include "src/store/redis/topology/slots.hpp"

#include <array>
#include <cstdint>
#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

constexpr std::array<std::uint16_t, 256> k_remainders = [] {
    constexpr unsigned k_polynomial = 0x1021;
    std::array<std::uint16_t, 256> table{};
    for (unsigned byte = 0; byte < table.size(); ++byte) {
        unsigned remainder = byte << 8U;
        for (int bit = 0; bit < 8; ++bit)
            remainder = (remainder & 0x8000U) != 0 ? (remainder << 1U) ^ k_polynomial : remainder << 1U;
        table[byte] = static_cast<std::uint16_t>(remainder & 0xffffU);
    }
    return table;
}();

std::string_view hashed_part(std::string_view key) {
    const std::size_t open = key.find('{');
    if (open == std::string_view::npos) return key;
    const std::size_t close = key.find('}', open + 1);
    if (close == std::string_view::npos || close == open + 1) return key;
    return key.substr(open + 1, close - open - 1);
}

} // namespace

std::size_t slot_of(std::string_view key) {
    unsigned crc = 0;
    for (const char c : hashed_part(key))
        crc = ((crc << 8U) & 0xffffU) ^ k_remainders[(crc >> 8U) ^ static_cast<unsigned char>(c)];
    return crc % k_slots;
}

std::string ranges_of(const SlotSet& slots) {
    std::string text;
    for (std::size_t slot = 0; slot < k_slots; ++slot) {
        if (!slots[slot]) continue;
        std::size_t last = slot;
        while (last + 1 < k_slots && slots[last + 1])
            ++last;
        if (!text.empty()) text += ' ';
        text += last == slot ? fmt::format("{}", slot) : fmt::format("{}-{}", slot, last);
        slot = last;
    }
    return text;
}

} // namespace roacache::store::redis
