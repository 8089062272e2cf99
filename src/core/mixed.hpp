#pragma once

#include <cstdint>

namespace roacache::core {

/// Of this state, the output of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
/// Generators, 2014; constants of Vigna's splitmix64.c). No two states have the same.
constexpr std::uint64_t mixed(std::uint64_t state) {
    state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
    return state ^ (state >> 31);
}

/// From one state of SplitMix64 to the next: odd, so that all of them come.
inline constexpr std::uint64_t k_mixed_step = 0x9e3779b97f4a7c15;

} // namespace roacache::core
