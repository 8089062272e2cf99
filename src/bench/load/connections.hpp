#pragma once

#include "src/bench/http/connection.hpp"
#include "src/bench/model/plan.hpp"

#include <memory>
#include <vector>

namespace roacache::bench {

/// A connection of each of one thread's callers to each origin, caller by caller, for the plan's protocol. Of
/// HTTP/2 each Plan::streams callers share one. Callers whose requests end while another's is carried on are
/// put into `ended`, which must outlive the connections.
std::vector<std::unique_ptr<Connection>>
make_connections(const Plan& plan, std::size_t callers, std::size_t origins, std::vector<std::size_t>& ended);

} // namespace roacache::bench
