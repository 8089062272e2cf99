#pragma once

#include "src/report/saved_run.hpp"

#include <vector>

namespace roacache::report {

/// The runs as one: the blocks of each after those of the one before. They must have asked the same question
/// (see other_question()), in the same loops; throws core::Error(usage) otherwise. At least one.
bench::Result merged(const std::vector<SavedRun>& runs);

/// Whether some of their blocks are the same measurements.
bool measured_together(const bench::Result& one, const bench::Result& other);

/// Throws core::Error(usage) where a run has blocks of another: they would count twice.
void check_measured_once(const std::vector<SavedRun>& runs);

} // namespace roacache::report
