#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::store::redis {

/// Where in the server's table a cursor is, as a fraction of 2^64.
///
/// Redis walks its table of 2^k buckets by counting with the bits of the index reversed, the cursor being the
/// next index (dict.c, dictScan). Read backwards, a cursor is therefore the part of the table that is done,
/// whatever k is. 0 is the beginning and the end. Absent for what is no number.
std::optional<std::uint64_t> place_of(std::string_view cursor);
/// The cursor of a place.
std::string cursor_at(std::uint64_t place);

/// What the cursors of a SCAN show of the table. The highest bit that cursors have set gives k: half of all
/// cursors have bit k−1.
class CursorWatch {
  public:
    /// A cursor as the server gave it. What is no number, and 0, says nothing.
    void see(std::string_view cursor);

    /// k by the last cursors; absent before k_window of them were seen.
    std::optional<unsigned> table_bits() const;

    /// True when k seems to have changed: a chance of 2^-k_window a cursor of saying so falsely, and silent
    /// on walks of fewer cursors than that.
    bool resized() const { return resized_; }

  private:
    static constexpr std::size_t k_window = 24;

    std::array<unsigned, k_window> widths_{}; ///< bits of the last cursors
    std::size_t seen_ = 0;
    unsigned first_bits_ = 0; ///< k, once a window is full
    bool resized_ = false;
};

} // namespace roacache::store::redis
