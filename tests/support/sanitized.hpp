#pragma once

namespace roacache::test {

/// Whether the tests, and the program that they run, are built with the address sanitizer.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool k_sanitized = true;
#elif defined(__has_feature)
inline constexpr bool k_sanitized = __has_feature(address_sanitizer);
#else
inline constexpr bool k_sanitized = false;
#endif

} // namespace roacache::test
