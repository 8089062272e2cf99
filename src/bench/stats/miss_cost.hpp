#pragma once

#include "src/bench/model/result.hpp"
#include "src/bench/stats/bootstrap.hpp"

#include <optional>

namespace roacache::bench {

/// What the run says, with its 95 % interval (see bootstrap_interval).
struct Estimate {
    double value = 0;
    double ci_low = 0;
    double ci_high = 0;
};

/// What a miss costs, from the mean latencies of the arms, all endpoints pooled; pairs of blocks resampled,
/// after neighbours that are alike were taken together (see take_together).
struct MissCost {
    /// T_miss − T_uncached, in nanoseconds: looking up in vain, and storing. Only where the run has three
    /// arms.
    std::optional<Estimate> overhead_ns;
    /// The hit rate at which the cache neither wins nor loses time, (T_miss − T_uncached) / (T_miss − T_hit);
    /// at 0 or below it always wins, above 1 it never does. Absent where a miss is not slower than a hit, or
    /// the run has no third arm.
    std::optional<Estimate> break_even;
    /// The mean at the hit rate that the store had before the run, h · T_hit + (1 − h) · T_miss, in
    /// nanoseconds.
    std::optional<Estimate> expected_ns;
};

/// Absent in a run without forced misses, and with fewer than 2 whole pairs.
std::optional<MissCost> miss_cost(const Result& result);

} // namespace roacache::bench
