#pragma once

#include "src/bench/stats/statistics.hpp"

namespace roacache::bench {

/// How the figures of one run differ from those of an earlier one, as new / old with 95 % intervals. The
/// blocks of both runs are resampled, each run's own.
struct Change {
    std::map<ArmKind, Comparison> arms;
    /// (cached / uncached) new over (cached / uncached) old: what is left when both arms changed alike,
    /// because the machine did. Empty when a run is single.
    Comparison cached_by_uncached;

    /// The arm that is judged, the cached or the only one; null when the runs share none.
    const std::pair<const ArmKind, Comparison>* judged() const;
};

/// Runs of the same endpoints: one of them (its index), or all pooled. Arms that only one of the runs has are
/// left out; nothing is compared when a run has fewer than k_least_blocks whole pairs of blocks. Neighbouring
/// pairs that are alike are taken together first, as in compare().
Change change_between(const Result& before, const Result& now, std::optional<std::size_t> endpoint = {});

/// Mean, p50, p90, p99: what regressions are looked for in.
bool is_judged(Quantity quantity);

/// What became of one change's figures.
struct Regressions {
    std::vector<Quantity> found;    ///< worse, beyond doubt
    std::vector<Quantity> possible; ///< worse by more than is tolerated as measured, but not beyond doubt
};

/// What got worse in each of several changes, such as those of each endpoint: beyond 1 + tolerance lies the
/// whole interval of new / old, for the mean, p50, p90 or p99 of the cached arm and of cached / uncached
/// alike, or of a single run's only arm; with `relative_only`, for runs under other conditions, of cached /
/// uncached alone, and of nothing in a single run. Corrected for one another (see holm_adjusted): each figure
/// of each change is one more chance of a false regression. Blocks of one run do not show how runs differ
/// among themselves, so a tolerance of 0 finds false regressions all the same.
std::vector<Regressions> regressions(const std::vector<const Change*>& changes, double tolerance,
                                     bool relative_only = false);

} // namespace roacache::bench
