#pragma once

#include "src/bench/model/plan.hpp"
#include "src/bench/load/silences.hpp"

#include <map>
#include <vector>

namespace roacache::bench {

/// A time in which the server stood still: it had requests to answer and answered none, or next to none.
///
/// In a closed loop requests are under way at every moment of a block, so a silence is a stall when it is out
/// of all proportion to the others. At a given rate there are moments at which nothing is due, so there it
/// begins no sooner than the first request that it kept waiting was due. In both it takes two that wait for
/// at least half of it: one alone may be a slow answer, and the server may well have answered others had they
/// asked. So over a single connection no stall is told.
struct Stall {
    ArmKind arm = ArmKind::single; ///< in whose block it began
    double started_s = 0;          ///< since the run began, as Block::started_s
    double seconds = 0;
};

/// Of each arm's silences those that last at least 100 ms and at least 30 times the arm's typical one (see
/// Silences::typical_ns): of silences between answers that come by chance, less than one in 10^20 is as
/// long. Silences with a break between them of at most a tenth of both are one stall. In the order of time.
std::vector<Stall> stalls_of(const std::map<ArmKind, Silences>& arms, std::int64_t run_began_ns);

} // namespace roacache::bench
