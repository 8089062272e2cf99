#pragma once

#include "src/layout/key_template.hpp"
#include "src/store/walk.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace roacache::store {

/// Counts of times to live in buckets whose width is at most 1/16 of their value; below 32 ms they are exact.
/// Memory is bounded: 16 counts of 4 bytes for each octave between the least and the greatest value.
class TtlCounts {
  public:
    void add(std::int64_t ttl_ms); ///< 0 or more

    bool empty() const { return count_ == 0; }
    std::int64_t min_ms() const { return min_; } ///< this and the following: only when not empty
    std::int64_t max_ms() const { return max_; }
    /// The value at rank ceil(n / 2), as the middle of its bucket, held within [min, max]; off by at most 3.2
    /// percent.
    std::int64_t median_ms() const;

  private:
    std::vector<std::uint32_t> counts_; ///< of the buckets from first_ on
    std::size_t first_ = 0;
    std::uint64_t count_ = 0;
    std::int64_t min_ = 0;
    std::int64_t max_ = 0;
};

/// What is known of several entries together. Bytes and TTLs are known only when the store tells them of
/// every entry; entries that have what is no time as their end are left out of the TTLs, unless all are such.
class GroupFigures {
  public:
    /// `exceeds_policy`: it lives longer than it should.
    void add(const Description& description, bool exceeds_policy = false);

    std::uint64_t keys() const { return keys_; }
    std::optional<std::uint64_t> bytes() const;
    std::optional<std::uint64_t> no_ttl() const;           ///< entries that never expire
    std::optional<std::uint64_t> exceeding_policy() const; ///< entries that live longer than they should
    /// Entries that are in none of the figures of TTLs.
    std::uint64_t ttl_unreadable() const { return ttl_unreadable_; }
    /// Of the entries that do expire; null when there are none or it is not known.
    const TtlCounts* ttls() const { return ttl_known_ && !ttls_.empty() ? &ttls_ : nullptr; }

  private:
    bool tells_ttls() const { return ttl_known_ && (keys_ == 0 || ttl_unreadable_ < keys_); }

    std::uint64_t keys_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t no_ttl_ = 0;
    std::uint64_t exceeding_policy_ = 0;
    std::uint64_t ttl_unreadable_ = 0;
    bool bytes_known_ = true;
    bool ttl_known_ = true;
    TtlCounts ttls_;
};

struct Group {
    std::optional<std::string> tenant;   ///< absent: not grouped by it, or the keys do not have it
    std::optional<std::string> resource; ///< likewise
    GroupFigures figures;
};

/// Sums a walk up by tenant, resource or both, in bounded memory: what comes when there are `most` groups
/// already and belongs to none of them goes to the rest.
class Groups {
  public:
    static constexpr std::size_t k_most = 100'000;

    Groups(bool by_tenant, bool by_resource, std::size_t most = k_most)
        : by_tenant_(by_tenant), by_resource_(by_resource), most_(most) {}

    /// An entry that is gone is not counted. `decoded` is empty for a key that the layout does not recognise.
    void add(const layout::DecodedKey& decoded, const Description& description, bool exceeds_policy = false);

    bool by_tenant() const { return by_tenant_; }
    bool by_resource() const { return by_resource_; }
    const GroupFigures& total() const { return total_; }
    /// Null when every entry found its group.
    const GroupFigures* rest() const { return rest_.keys() > 0 ? &rest_ : nullptr; }
    /// The largest first: by bytes, then keys, then name. Pointers into this.
    std::vector<const Group*> largest_first() const;

  private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    bool by_tenant_;
    bool by_resource_;
    std::size_t most_;
    std::string name_; ///< of the group looked up last; its memory is reused
    std::unordered_map<std::string, Group, Hash, std::equal_to<>> groups_;
    GroupFigures total_;
    GroupFigures rest_;
};

} // namespace roacache::store
