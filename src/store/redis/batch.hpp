#pragma once

#include "src/store/found_key.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace roacache::store::redis {

/// Which keys may travel together. A server counts a command's keys in one, so that those of one command are
/// of one group.
///
/// Names of keys that go to the server in one go, and those of one command, are at most so many bytes, or one
/// name.
inline constexpr std::size_t k_most_bytes_together = std::size_t{1} << 20;
/// Keys of one command: enough to make the command's own cost small, few enough to be over soon.
inline constexpr std::size_t k_most_keys_together = 256;

/// Keys next to each other in a list, for one command.
struct Batch {
    std::size_t begin = 0, size = 0, group = 0;
};

/// Moves keys from the front of `from` to `to`, which is empty, until the bytes that may be sent, or so many
/// keys, are reached.
void move_round(std::vector<FoundKey>& from, std::vector<FoundKey>& to, std::size_t most);

/// Sorts keys by group, stably, and gives the group of each; without `group` all are of group 0. `by_slot`:
/// those of a group by their slots.
std::vector<std::size_t> sort_by_group(const std::function<std::size_t(const FoundKey&)>& group,
                                       std::vector<FoundKey>& keys, bool by_slot = false);

/// The batches of keys sorted by group, of at most `most_keys` each; `by_slot`: each of one slot.
std::vector<Batch> batches_of(const std::vector<FoundKey>& keys, const std::vector<std::size_t>& groups,
                              std::size_t most_keys = k_most_keys_together, bool by_slot = false);

} // namespace roacache::store::redis
