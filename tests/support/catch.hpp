#pragma once

// Catch2 2, as Debian 12 has it, or 3, as Debian 13 does, by the same names.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#include <string>

namespace roacache::test {

inline auto Contains(const std::string& part) {
#if CATCH_VERSION_MAJOR >= 3
    return Catch::Matchers::ContainsSubstring(part);
#else
    return Catch::Matchers::Contains(part);
#endif
}

inline auto StartsWith(const std::string& part) {
    return Catch::Matchers::StartsWith(part);
}

inline auto EndsWith(const std::string& part) {
    return Catch::Matchers::EndsWith(part);
}

inline auto Equals(const std::string& whole) {
    return Catch::Matchers::Equals(whole);
}

} // namespace roacache::test
