#pragma once

#include "src/bench/model/result.hpp"

#include <optional>
#include <vector>

namespace roacache::bench {

/// What is known of the cache's part in the answers of one endpoint: by what is named to prove hits, a header
/// or a place in the answers, and by what else their headers say. Of a run of two or three arms.
struct HitEvidence {
    enum class Cached : std::uint8_t {
        unjudged,          ///< nothing is named, or the cached arm has no good response
        silent_everywhere, ///< no answer of any arm has what is named
        silent,            ///< too few of the cached arm's answers have it: see Result::tells_hits()
        hit,               ///< at least half of them are proven hits
        asked_once,        ///< fewer are: as many as could be, for most requests had not been asked before
        missed,            ///< fewer are, and fewer than could be
    };
    Cached cached = Cached::unjudged;
    /// Signs of a hit in an answer of the arm, other than what is named.
    std::optional<CacheSigns::Sign> cached_sign = {}, uncached_sign = {};
    bool uncached_tells = false; ///< the uncached arm's answers have what is named
    bool uncached_hits = false;  ///< and more of them were hits than can be overlooked

    /// The uncached arm's own answers came out of a cache, and no proof says otherwise: there is none, or it
    /// says of both arms the same while the cached one shows such a sign too.
    bool bypass_is_vain() const;
    /// What is named says that the cached arm missed, but another cache may have stored that with the answer.
    bool proof_is_doubtful() const {
        return cached == Cached::missed && cached_sign.has_value() && bypass_is_vain();
    }
    /// The cached arm was not cached.
    bool was_not_cached() const { return cached == Cached::missed && !proof_is_doubtful(); }
    /// Neither arm was known to be what it should, so that nothing that holds one against the other counts.
    bool arms_are_alike() const { return bypass_is_vain() || uncached_hits || cached == Cached::asked_once; }
    /// The hit rate is none of the cache's.
    bool hit_rate_is_doubtful() const { return proof_is_doubtful() || cached == Cached::asked_once; }
};

/// Of each endpoint of the run, in their order; of a single run nothing is known.
std::vector<HitEvidence> evidence_of(const Result& result);

} // namespace roacache::bench
