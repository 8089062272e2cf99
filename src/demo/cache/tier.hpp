#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::demo {

/// An entry's name. Entries are dropped by group: all keys that begin with its text.
struct CacheKey {
    std::string group; ///< `cache:default:dashboard_summary:`
    std::string text;  ///< the whole key; begins with the group
};

using Milliseconds = std::chrono::milliseconds;

/// Milliseconds since some start: a monotonic clock for memory, the Unix clock for what outlives a process.
using TimeSource = std::function<Milliseconds()>;
TimeSource steady_time();
TimeSource unix_time();

/// Values are immutable and shared, so that a hit copies nothing. An empty text is a value too.
using Value = std::shared_ptr<const std::string>;

struct Found {
    Value value;
    std::optional<Milliseconds> ttl_left; ///< at least 1 ms; absent: the entry does not expire
};

/// What a tier says of itself, as far as it does.
struct TierSize {
    std::optional<std::uint64_t> entries; ///< alive, in Redis whosever
    std::string memory;                   ///< of the whole server, as it writes it: `1.05M`; empty: not told
};

/// The second tier of the cache. Safe to use from several threads. A tier that fails says so to the user by
/// itself and answers as if it were empty: no call throws.
class Tier {
  public:
    virtual ~Tier() = default;
    virtual std::string_view name() const = 0; ///< `sqlite` or `redis`
    virtual std::optional<Found> get(const CacheKey& key) = 0;
    virtual void put(const CacheKey& key, const std::string& value, Milliseconds ttl) = 0;
    /// Drops every entry of these groups. What cannot be dropped now is never given out again.
    virtual void erase(std::span<const std::string> groups) = 0;
    /// Drops every entry of these groups whose key fits the glob (see layout::glob_matches). Their keys.
    virtual std::vector<std::string> erase_matching(const std::string& glob,
                                                    std::span<const std::string> groups) = 0;
    virtual TierSize size() = 0;
    /// False while the tier is away.
    virtual bool available() const = 0;
};

} // namespace roacache::demo
