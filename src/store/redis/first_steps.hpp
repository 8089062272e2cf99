#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace roacache::store::redis {

/// The first steps of a walk that began in the midst of the server's table, for another to come upon that
/// began before it.
///
/// Any cursor that the server gave may be gone on from. So a walk is over when it comes upon a cursor from
/// which a later one went on, and not before: then nothing is left out, whatever the cursors mean. To come
/// upon one, both make small steps there; and what the later one found in them is remembered, for the other
/// may come upon a cursor a little beyond the first.
class FirstSteps {
  public:
    /// A walk that begins at `cursor`.
    explicit FirstSteps(const std::string& cursor) : cursors_{cursor} {}

    /// True as long as steps have to be one bucket long and told of.
    bool grows() const { return cursors_.size() <= k_most; }
    /// The walk found `keys` in the step that led to `cursor`.
    void add(const std::string& cursor, const std::vector<std::string>& keys);

    /// True when the walk went on from `cursor`.
    bool has(const std::string& cursor) const { return cursors_.contains(cursor); }
    /// True when the walk found `key` in these steps.
    bool told(const std::string& key) const { return told_.contains(key); }

  private:
    static constexpr std::size_t k_most = 16;

    std::set<std::string> cursors_;
    std::set<std::string> told_;
};

/// The longest step (COUNT) from `place` that does not lead beyond `end` in a table of 2^bits buckets, or 1.
/// A step visits up to ten buckets for each of its COUNT (db.c, scanGenericCommand).
std::size_t longest_step(std::uint64_t place, std::uint64_t end, unsigned bits);

} // namespace roacache::store::redis
