#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace roacache::store {

/// Tells keys that come for the first time from those that a server gives again, by a hash of 64 bits of
/// each: of k_most keys one is taken for another with a chance of 1 in two million. Takes up to 16 bytes for
/// each of `most` keys, at least 1, and half as much again while it grows; those that come when there is no
/// room are not remembered.
class SeenKeys {
  public:
    static constexpr std::size_t k_most = std::size_t{1} << 22;

    explicit SeenKeys(std::size_t most = k_most) : most_(most) {}

    /// True when the key was not seen before, as far as is remembered.
    bool is_new(std::string_view key);
    /// False when there were more keys than there is room for.
    bool remembers_all() const { return !full_; }

  private:
    bool insert(std::uint64_t hash);
    void grow();

    std::size_t most_;
    std::vector<std::uint64_t> places_; ///< open addressing, at most half full; 0 is a free place
    std::size_t count_ = 0;
    bool full_ = false;
};

} // namespace roacache::store
