#pragma once

#include "src/store/found_key.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace roacache::store {

/// Keys counted together: those of one tenant and resource. Both are absent of keys that the layout does not
/// recognise.
struct KeyGroup {
    std::optional<std::string> tenant;
    std::optional<std::string> resource;
    bool others = false;  ///< all groups for which there was no room
    std::size_t part = 0; ///< as in KeyGroups::of()
    std::uint64_t matched = 0;
    std::uint64_t removed = 0;
    std::uint64_t shortened = 0;
};

/// Groups by number, in the order in which they turned up; at most k_most_groups and one for the others.
class KeyGroups {
  public:
    static constexpr std::size_t k_most_groups = 10'000;

    /// The number of the key's group, which from now on exists. Keys of different parts are of different
    /// groups.
    std::size_t of(const FoundKey& key, std::size_t part = 0);

    KeyGroup& at(std::size_t number) { return groups_[number]; }

    /// Those with keys that matched, by tenant and resource: of all parts together, or of one.
    std::vector<KeyGroup> sorted() const;
    std::vector<KeyGroup> sorted(std::size_t part) const;

    void clear_counts();

  private:
    std::string name_; ///< of the group looked up last; its memory is reused
    std::unordered_map<std::string, std::size_t> numbers_;
    std::map<std::size_t, std::size_t> others_; ///< by part
    std::vector<KeyGroup> groups_;
};

} // namespace roacache::store
