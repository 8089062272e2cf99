#pragma once

#include "src/demo/cache/tier.hpp"

#include <list>
#include <map>
#include <mutex>

namespace roacache::demo {

/// The first tier: a dictionary in the process, bounded by bytes; the least recently used entries go first.
/// Safe to use from several threads.
class MemoryTier {
  public:
    struct Size {
        std::uint64_t entries = 0;
        std::uint64_t bytes = 0; ///< keys, values and k_entry_overhead for each
        std::uint64_t evictions = 0;
    };

    /// What an entry costs besides its key (held twice) and value.
    static constexpr std::uint64_t k_entry_overhead = 160;

    MemoryTier(std::uint64_t max_bytes, TimeSource now) : max_bytes_(max_bytes), now_(std::move(now)) {}

    /// Null when absent or expired.
    Value get(const std::string& key);
    /// A value that alone exceeds the bound is not stored.
    void put(const std::string& key, Value value, Milliseconds ttl);
    void erase(const std::string& key);
    void erase_group(const std::string& group);
    /// Every entry whose key fits the glob (see layout::glob_matches). Their keys.
    std::vector<std::string> erase_matching(const std::string& glob);
    void clear();
    Size size() const;

  private:
    struct Entry {
        std::string key;
        Value value;
        Milliseconds expires;
    };
    using Entries = std::list<Entry>; // the most recently used in front
    using Index = std::map<std::string, Entries::iterator, std::less<>>;

    static std::uint64_t cost(const Entry& entry);
    Index::iterator drop(Index::iterator at);

    const std::uint64_t max_bytes_;
    const TimeSource now_;
    mutable std::mutex mutex_;
    Entries entries_;
    Index index_;
    std::uint64_t bytes_ = 0;
    std::uint64_t evictions_ = 0;
};

} // namespace roacache::demo
