#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace roacache::bench {

/// The conditions that a run compares. `miss` asks what `cached` asks, after the entry was removed. `single`
/// is the only arm of a plain load test. `up`, `down` and `back` are the phases of a drill, one after
/// another: with the cache, without it, and with it again.
enum class ArmKind : std::uint8_t { cached, uncached, miss, single, up, down, back };
inline constexpr std::size_t k_arm_kinds = 7;
inline constexpr std::array k_all_arms{ArmKind::cached, ArmKind::uncached, ArmKind::miss, ArmKind::single,
                                       ArmKind::up,     ArmKind::down,     ArmKind::back};

const char* name_of(ArmKind arm); ///< `cached`, `uncached`, `miss`, `single`, `up`, `down`, `back`

} // namespace roacache::bench
