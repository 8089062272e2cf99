#pragma once

#include "src/bench/load/response_gaps.hpp"
#include "src/bench/model/stall.hpp"

#include <map>
#include <vector>

namespace roacache::bench {

/// Of each arm's response gaps those that last at least 100 ms and at least 30 times the arm's typical one
/// (see ResponseGaps::typical_ns): of response gaps between answers that come by chance, less than one in
/// 10^20 is as long. ResponseGaps with a break between them of at most a tenth of both are one stall. In the
/// order of time.
std::vector<Stall> stalls_of(const std::map<ArmKind, ResponseGaps>& arms, std::int64_t run_began_ns);

} // namespace roacache::bench
