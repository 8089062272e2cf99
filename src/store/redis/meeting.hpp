#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::redis {

/// Where a walk from the beginning of the server's table meets a second one that began in its middle.
///
/// Any cursor that the server gave may be gone on from. So the first walk is over when it comes upon a cursor
/// from which the second went on, and not before: then nothing is left out, whatever the cursors mean. To
/// come upon one, both make small steps here; and what the second found in them is remembered, for the first
/// may come upon a cursor a little beyond the middle.
class Meeting {
  public:
    /// The cursor of the middle, in a table of two buckets or more.
    static constexpr std::string_view k_middle = "1";
    static constexpr std::uint64_t k_middle_place = std::uint64_t{1} << 63U;

    Meeting() { trail_.emplace(k_middle); }

    /// True as long as the second walk has to make its steps one bucket long and tell of them.
    bool marks() const { return trail_.size() <= k_marks; }
    /// The second walk found `keys` in the step that led to `cursor`.
    void mark(const std::string& cursor, const std::vector<std::string>& keys);

    /// The longest step (COUNT) of the first walk at `place` in a table of 2^bits buckets that does not lead
    /// beyond the middle, or 1. A step visits up to ten buckets for each of its COUNT (db.c,
    /// scanGenericCommand).
    static std::size_t longest_step(std::uint64_t place, unsigned bits);

    /// True when the second walk went on from `cursor`.
    bool marked(const std::string& cursor) const { return trail_.contains(cursor); }
    /// True when the second walk found `key` in its small steps.
    bool told(const std::string& key) const { return told_.contains(key); }

  private:
    static constexpr std::size_t k_marks = 16;

    std::set<std::string> trail_; ///< cursors from which the second walk went on
    std::set<std::string> told_;
};

} // namespace roacache::store::redis
