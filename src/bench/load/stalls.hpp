#pragma once

#include "src/bench/load/silences.hpp"
#include "src/bench/model/stall.hpp"

#include <map>
#include <vector>

namespace roacache::bench {

/// Of each arm's silences those that last at least 100 ms and at least 30 times the arm's typical one (see
/// Silences::typical_ns): of silences between answers that come by chance, less than one in 10^20 is as
/// long. Silences with a break between them of at most a tenth of both are one stall. In the order of time.
std::vector<Stall> stalls_of(const std::map<ArmKind, Silences>& arms, std::int64_t run_began_ns);

} // namespace roacache::bench
