#pragma once

#include "src/report/saved_run.hpp"

#include <vector>

namespace roacache::report {

/// The runs as one: the blocks of each after those of the one before. They must have measured the same
/// endpoints, be it on other hosts, in the same arms and loops; throws core::Error(usage) otherwise. At least
/// one.
bench::Result merged(const std::vector<SavedRun>& runs);

} // namespace roacache::report
