#pragma once

#include "src/bench/model/json_path.hpp"
#include "src/bench/model/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace roacache::bench {

/// A response's body, as far as it is stored.
struct Body {
    std::uint64_t length = 0;
    std::uint64_t hash = 0; ///< XXH3, 64 bits
    std::string text;       ///< the whole body; empty where only a byte for byte comparison is wanted
};

/// What one endpoint was answered in the whole of a run.
struct Answers {
    /// Whether its uncached answers were one and the same each time, good and not empty. Only then can a
    /// cached answer be recognised as another endpoint's.
    bool steady = false;
    Body uncached;
    std::vector<Body> cached; ///< the different ones
    std::vector<JsonPath> ignored;
};

/// The endpoints that were answered from one cache entry: their uncached answers differ, and a cached answer
/// of both is the same. A body of fewer than 64 bytes that is the uncached answer of neither says nothing:
/// `[]` is `[]`. Where fields are ignored, answers that differ in these only are the same.
std::vector<SharedEntry> find_shared_entries(const std::vector<Answers>& answers);

} // namespace roacache::bench
