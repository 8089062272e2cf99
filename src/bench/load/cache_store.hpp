#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace roacache::bench {

/// What a store counts, for everybody who uses it. What it does not report is absent.
struct StoreCounters {
    std::optional<std::uint64_t> hits, misses; ///< since the store began to count
    std::optional<std::uint64_t> memory_bytes; ///< in use now
    std::optional<std::uint64_t> computed;     ///< answers that the service computed, where it reports that
};

/// The store behind the service that is measured, as far as a run needs it. Asked only by the thread that
/// makes the load, and never while a request of its own is under way.
class CacheStore {
  public:
    virtual ~CacheStore() = default;

    /// Called once, when every endpoint was answered and so has its entries: finds those that remove() is to
    /// remove. Throws core::Error: usage when there are none or implausibly many, otherwise what the store
    /// said.
    virtual void find_entries() = 0;

    /// Removes the endpoint's entries, so that its next request is a miss. Throws core::Error.
    virtual void remove(std::size_t endpoint) = 0;

    /// Throws core::Error.
    virtual StoreCounters counters() = 0;

    /// The first few keys, printable, of entries that such an answer was made of (see holds_answer), among
    /// the first thousand that the selectors name, or without any the profile. Throws core::Error.
    virtual std::vector<std::string> keys_holding(const std::string& answer) {
        static_cast<void>(answer);
        return {};
    }
};

} // namespace roacache::bench
