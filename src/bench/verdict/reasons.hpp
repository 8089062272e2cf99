#pragma once

#include "src/bench/verdict/verdict.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace roacache::bench {

/// That an answer of the uncached arm came out of a cache, with its endpoint; absent where none says so, and
/// where answers were proven to be hits or misses, which then is what counts.
std::optional<std::pair<std::size_t, CacheSigns::Sign>> sign_of_vain_bypass(const Result& result);

/// Why the run fails, most important first, a sentence each; empty when it does not. The assessment's asserts
/// are answered.
std::vector<std::string> failures(const Result& result, const Assessment& assessment);

/// Why it cannot be relied on; likewise.
std::vector<std::string> inconclusive_reasons(const Result& result, const Assessment& assessment);

} // namespace roacache::bench
