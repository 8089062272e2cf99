#pragma once

#include "src/bench/model/plan.hpp"

namespace roacache::bench {

/// A time in which the server stood still: it had requests to answer and answered none, or next to none.
///
/// In a closed loop requests are under way at every moment of a block, so a response gap is a stall when it
/// is out of all proportion to the others. At a given rate there are moments at which nothing is due, so
/// there it begins no sooner than the first request that it kept waiting was due. In both it takes two that
/// wait for at least half of it: one alone may be a slow answer, and the server may well have answered others
/// had they asked. So over a single connection no stall is reported.
struct Stall {
    ArmKind arm = ArmKind::single; ///< in whose block it began
    double started_s = 0;          ///< since the run began, as Block::started_s
    double seconds = 0;
};

} // namespace roacache::bench
