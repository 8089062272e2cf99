#include "src/store/redis/topology/slots.hpp"

#include <array>
#include <cstdint>
#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

using Remainders = std::array<std::uint16_t, 256>;

/// CRC16 (XMODEM) of each byte, followed by 0 to 3 bytes that are 0: of four bytes at once the remainders are
/// looked up independently of one another.
/// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
constexpr std::array<Remainders, 4> k_remainders = [] {
    constexpr unsigned k_polynomial = 0x1021;
    std::array<Remainders, 4> tables{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        unsigned remainder = byte << 8U;
        for (Remainders& table : tables) {
            for (int bit = 0; bit < 8; ++bit)
                remainder = (remainder & 0x8000U) != 0 ? (remainder << 1U) ^ k_polynomial : remainder << 1U;
            remainder &= 0xffffU;
            table[byte] = static_cast<std::uint16_t>(remainder);
        }
    }
    return tables;
}();

unsigned crc16(std::string_view bytes) {
    const auto byte = [&](std::size_t at) {
        return static_cast<unsigned>(static_cast<unsigned char>(bytes[at]));
    };
    unsigned crc = 0;
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4)
        crc = static_cast<unsigned>(k_remainders[3][(crc >> 8U) ^ byte(at)] ^
                                    k_remainders[2][(crc & 0xffU) ^ byte(at + 1)] ^
                                    k_remainders[1][byte(at + 2)] ^ k_remainders[0][byte(at + 3)]);
    for (; at < bytes.size(); ++at)
        crc = ((crc << 8U) & 0xffffU) ^ k_remainders[0][(crc >> 8U) ^ byte(at)];
    return crc;
}

std::string_view hashed_part(std::string_view key) {
    const std::size_t open = key.find('{');
    if (open == std::string_view::npos) return key;
    const std::size_t close = key.find('}', open + 1);
    if (close == std::string_view::npos || close == open + 1) return key;
    return key.substr(open + 1, close - open - 1);
}

} // namespace

std::size_t slot_of(std::string_view key) {
    return crc16(hashed_part(key)) % k_slots;
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
