#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>

namespace roacache::store::redis {

/// Every key of a cluster belongs to one of so many slots, and every slot to one primary.
inline constexpr std::size_t k_slots = 16384;

using SlotSet = std::bitset<k_slots>;

/// The slot of a key: CRC-16/XMODEM of what lies between its first `{` and the next `}`, where that is
/// something, else of the whole key (Redis cluster specification, "Key distribution model").
std::size_t slot_of(std::string_view key);

/// As ranges, `0-5460 7000`; empty for none.
std::string ranges_of(const SlotSet& slots);

} // namespace roacache::store::redis
