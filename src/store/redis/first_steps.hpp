#pragma once

#include "src/store/found_key.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace roacache::store::redis {

/// The first steps of a walk that began in the middle of the server's table: where a walk that began before
/// it ends.
///
/// A walk can continue from any cursor of the server. So one is over when it reaches a cursor from which a
/// later one continued, and not before: then nothing is left out, whatever the cursors mean. To reach one,
/// both make small steps there; and what the later one found in them is remembered, for the other may reach a
/// cursor a little beyond the first.
class FirstSteps {
  public:
    /// A walk that begins at `cursor`.
    explicit FirstSteps(const std::string& cursor) : cursors_{cursor} {}

    /// True as long as steps have to be one bucket long and recorded.
    bool grows() const { return cursors_.size() <= k_most; }
    /// The walk found `keys` in the step that led to `cursor`.
    void add(const std::string& cursor, const std::vector<FoundKey>& keys);

    /// True when the walk continued from `cursor`.
    bool has(const std::string& cursor) const { return cursors_.contains(cursor); }
    /// True when the walk found `key` in these steps.
    bool found(const std::string& key) const { return found_.contains(key); }

  private:
    static constexpr std::size_t k_most = 16;

    std::set<std::string> cursors_;
    std::set<std::string> found_;
};

/// The longest step (COUNT) from `place` that does not lead beyond `end` in a table of 2^bits buckets, or 1.
/// A step visits up to ten buckets for each of its COUNT (db.c, scanGenericCommand).
std::size_t longest_step(std::uint64_t place, std::uint64_t end, unsigned bits);

} // namespace roacache::store::redis
