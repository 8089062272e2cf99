#pragma once

#include "src/demo/cache/memory_tier.hpp"

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <shared_mutex>

namespace roacache::demo {

enum class Outcome { hit_l1, hit_l2, miss, bypass };

struct Answer {
    Value body;
    Outcome outcome = Outcome::miss;
};

struct CacheCounters {
    std::uint64_t l1_hits = 0;
    std::uint64_t l2_hits = 0;
    std::uint64_t misses = 0;     ///< answered by a computation, one's own or another request's
    std::uint64_t coalesced = 0;  ///< of all these: waited for another request that asked for the same
    std::uint64_t bypasses = 0;   ///< neither read nor written
    std::uint64_t computed = 0;   ///< computations begun, for misses and bypasses
    std::uint64_t failed = 0;     ///< of these: ended by an exception
    std::uint64_t not_stored = 0; ///< computed, but made stale before the end
    std::uint64_t invalidations = 0;
};

/// Cache-aside over two tiers, with one computation at a time for a key.
///
/// No stale answer after invalidate() has returned: a value whose group was invalidated while it was being
/// computed, or read from the second tier, is given to those who asked before and not stored; who asks
/// afterwards starts anew. Safe to use from several threads.
class Cache {
  public:
    /// May throw; then nothing is stored and everyone who waited for it gets the same exception.
    using Compute = std::function<std::string()>;

    /// Either may be null; without both every answer is a bypass.
    Cache(std::unique_ptr<MemoryTier> l1, std::unique_ptr<Tier> l2);

    Answer get(const CacheKey& key, Milliseconds ttl, const Compute& compute);
    Answer bypass(const Compute& compute);
    void invalidate(std::span<const std::string> groups);
    /// The first tier alone: who says so has removed them from the second.
    void drop_memory(std::span<const std::string> groups);
    /// Every entry of these groups whose key fits the glob (see layout::glob_matches); how many there were.
    std::uint64_t invalidate_matching(const std::string& glob, std::span<const std::string> groups);
    /// From now on what Python takes for false (`[]`, `{}`, `""`, 0, false, null) is stored, but never a hit.
    void never_hit_falsy() { never_hit_falsy_ = true; }

    CacheCounters counters() const;
    MemoryTier::Size l1_size() const;
    bool has_tier() const { return l1_ || l2_; }
    Tier* l2() const { return l2_.get(); }
    MemoryTier* l1() { return l1_.get(); }

  private:
    using Generation = std::uint64_t;
    using FlightKey = std::pair<std::string, Generation>;
    using Flight = std::shared_future<Answer>;

    Answer find_or_compute(const CacheKey& key, Generation generation, Milliseconds ttl,
                           const Compute& compute);
    Value computed(const Compute& compute);
    /// `own`: looked up or computed by this request, not by one it waited for.
    Answer counted(Answer answer, bool own);
    bool may_hit(const Value& value) const;
    void land(const FlightKey& flight);
    Generation generation_of(const std::string& group) const; ///< under mutex_
    bool is_current(const CacheKey& key, Generation generation) const;
    void raise_generations(std::span<const std::string> groups);

    const std::unique_ptr<MemoryTier> l1_;
    const std::unique_ptr<Tier> l2_;
    bool never_hit_falsy_ = false;

    mutable std::mutex mutex_; // of the two below
    std::map<std::string, Generation, std::less<>> generations_;
    std::map<FlightKey, Flight> flights_;

    // Shared by those who store, alone for who invalidates: a value is checked and stored in one step.
    std::shared_mutex storing_;

    struct {
        std::atomic<std::uint64_t> l1_hits, l2_hits, misses, coalesced, bypasses, computed, failed,
            not_stored, invalidations;
    } count_{};
};

} // namespace roacache::demo
