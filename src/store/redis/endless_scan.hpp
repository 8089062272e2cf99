#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace roacache::store::redis {

/// Recognises a SCAN that has no end, in constant memory: one whose cursors go in circles, or that goes on
/// for longer than the size of the database explains.
class EndlessScan {
  public:
    /// Taken for the size of a database that is not known.
    static constexpr std::uint64_t k_keys_unknown = std::uint64_t{1} << 24;

    /// A step of COUNT `size` led to `cursor`.
    void see(std::string_view cursor, std::size_t size);

    /// True when a cursor came back again and again (Brent's algorithm); no server gives one twice in a walk.
    bool in_circles() const { return repeats_ >= k_most_repeats; }

    /// True when the COUNTs of all steps are more than a walk over `keys` keys takes. A step visits as many
    /// keys or ten times as many empty buckets, and a table that was emptied may have up to 2^29 of these
    /// left, in which cursors rise.
    bool exceeds(std::uint64_t keys) const;

  private:
    static constexpr std::size_t k_most_repeats = 3;

    std::string remembered_;
    std::uint64_t since_ = 0;  ///< steps since it was remembered
    std::uint64_t window_ = 4; ///< steps until another is remembered
    std::size_t repeats_ = 0;
    std::uint64_t asked_ = 0;
    std::uint64_t place_ = 0;
    bool rises_ = true;
};

} // namespace roacache::store::redis
