#pragma once

#include <cstddef>
#include <cstdint>

namespace roacache::bench {

/// The conditions that a run compares. `miss` asks what `cached` asks, after the entry was removed. `single`
/// is the only arm of a plain load test.
enum class ArmKind : std::uint8_t { cached, uncached, miss, single };
inline constexpr std::size_t k_arm_kinds = 4;

const char* name_of(ArmKind arm); ///< `cached`, `uncached`, `miss`, `single`

} // namespace roacache::bench
