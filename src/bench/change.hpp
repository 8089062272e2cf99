#pragma once

#include "src/bench/statistics.hpp"

namespace roacache::bench {

/// How the figures of one run differ from those of an earlier one, as new / old with 95 % intervals. The
/// blocks of both runs are resampled, each run's own.
struct Change {
    std::map<ArmKind, Comparison> arms;
    /// (cached / uncached) new over (cached / uncached) old: what is left when both arms changed alike,
    /// because the machine did. Empty when a run is single.
    Comparison cached_by_uncached;
};

/// Runs of the same endpoints: one of them (its index), or all pooled. Arms that only one of the runs has are
/// left out.
Change change_between(const Result& before, const Result& now, std::optional<std::size_t> endpoint = {});

/// Mean, p50, p90, p99: what regressions are looked for in.
bool is_judged(Quantity quantity);

/// What got worse: the whole interval of new / old lies beyond 1 + tolerance, for the mean, p50, p90 or p99
/// of the cached arm and of cached / uncached alike, or of a single run's only arm. Blocks of one run do not
/// tell how runs differ among themselves, so a tolerance of 0 finds regressions that are none.
std::vector<Quantity> regressions(const Change& change, double tolerance);

} // namespace roacache::bench
