#pragma once

#include "src/bench/verdict/hit_evidence.hpp"
#include "src/bench/verdict/verdict.hpp"

#include <string>
#include <vector>

namespace roacache::bench {

// Reasons that lie in what the arms were, a sentence each. Every endpoint is judged by its own answers; those
// of which the same is said are named together, unless they are all there are. `evidence` is the result's.

using Reasons = std::vector<std::string>;
using Evidence = std::vector<HitEvidence>;

/// Why the run fails: too many requests of an arm failed, where none of `answers` says how many may.
void add_errors(Reasons& reasons, const Result& result, const std::vector<AssertResult>& answers);
/// Likewise: the cached arm was none, for fewer than half of its answers came from the cache.
void add_not_cached(Reasons& reasons, const Result& result, const Evidence& evidence);
/// Likewise: a drill's cache was not picked up again, for the last phase hits less than half as often as the
/// first; or there was none to pick up.
void add_not_picked_up(Reasons& reasons, const Result& result);

/// Why it cannot be relied on: nothing is known of the hits, or none could be.
void add_unknown_hits(Reasons& reasons, const Result& result, const Evidence& evidence);
/// Likewise: the uncached arm's own answers came out of a cache, and no proof says otherwise.
void add_vain_bypass(Reasons& reasons, const Result& result, const Evidence& evidence);
/// Likewise: where nothing in the answers proves hits, the store did not miss what had been removed from it.
void add_vain_removals(Reasons& reasons, const Result& result);
/// Likewise: answers that were proven to be another arm's, and arms without any.
void add_wrong_arms(Reasons& reasons, const Result& result);
/// Likewise, of the closed loop that took turns with the open one, by which no target is judged; but the
/// report shows it next to the open one.
void add_closed_loop(Reasons& reasons, const Result& closed);

/// Whether what fails the assert says nothing, for arms were not what they should be.
bool is_doubtful(const AssertResult& answer, const Result& result, const Evidence& evidence);

} // namespace roacache::bench
