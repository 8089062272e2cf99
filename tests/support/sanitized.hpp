#pragma once

namespace roacache::test {

/// Whether the program that the tests run, and the layers that they call, are built with the address
/// sanitizer.
#if defined(ROACACHE_ADDRESS_SANITIZED)
inline constexpr bool k_sanitized = true;
#else
inline constexpr bool k_sanitized = false;
#endif

} // namespace roacache::test
