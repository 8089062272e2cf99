#pragma once

#include <cstdint>

namespace roacache::demo {

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). The standard
/// library's distributions differ between implementations; these do not.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }

    /// In [0, limit); limit is 1 to 2^31.
    std::int64_t below(std::int64_t limit) {
        return static_cast<std::int64_t>(((next() >> 32) * static_cast<std::uint64_t>(limit)) >> 32);
    }

    /// In [low, high].
    std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }

    /// In [0, limit), the lower ones more often, as a few partners make most of a company's business.
    std::int64_t skewed(std::int64_t limit) { return below(below(limit) + 1); }

    bool chance(std::int64_t percent) { return below(100) < percent; }

  private:
    std::uint64_t state_;
};

} // namespace roacache::demo
