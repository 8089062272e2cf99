#pragma once

#include "src/bench/model/histogram.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace roacache::bench {

/// What shows how many callers of a stampede reached the origin, best first.
enum class ReachedBy : std::uint8_t {
    computations, ///< the service's own count of what it computed
    header,  ///< answers without the hit header's value; who waited for another's answer may be among them
    store,   ///< lookups that the store counted as misses; who waited then is among them
    latency, ///< answers nearer to a miss than to a hit, by the medians of the arms; likewise
    unknown,
};
const char* name_of(ReachedBy by); ///< `computations`, `header`, `store`, `latency`, `unknown`

/// The entry was removed, and all callers asked at once.
struct StampedeRound {
    std::uint64_t requests = 0;
    std::map<std::string, std::uint64_t> errors; ///< by class, see Errors
    Histogram latency;                           ///< good responses, hits and misses alike
    /// The origin; absent where it is not known, as for failed requests by their answers.
    std::optional<std::uint64_t> reached;
};

/// All rounds of one endpoint.
struct Stampede {
    ReachedBy by = ReachedBy::unknown;
    std::vector<StampedeRound> rounds;

    Histogram waited() const; ///< over all rounds
    std::uint64_t errors() const;
    /// Absent where it is not known, and without a round.
    std::optional<std::uint64_t> most_reached() const;
    std::optional<double> mean_reached() const;
    /// Why not to trust it, a sentence each: rounds of those planned that are missing, requests that failed.
    std::vector<std::string> inconclusive_reasons(unsigned planned, const std::string& endpoint) const;
};

} // namespace roacache::bench
