#pragma once

#include "src/report/saved_run.hpp"

#include <string>
#include <vector>

namespace roacache::report {

/// Why the two runs answer different questions: `it asked for /a instead of /b`. Empty where they do not:
/// the same arms, made in the same way, of the same requests at the same weights and in the same order, of
/// which the same is expected, be it on other hosts. What older runs have not saved is no reason.
std::string other_question(const SavedRun& before, const bench::Plan& now, const std::string& uncached_by);

/// What makes the figures of the two differ though the service does not, where it was not the same: the load,
/// the machine, scheme and host that were asked, whether connections were kept, the size of the answers and
/// roacache's own version. `concurrency 20, now 10`.
std::vector<std::string> other_conditions(const SavedRun& before, const bench::Result& now,
                                          const Environment& environment);

/// The first endpoint and arm whose answers are of another mean size, which takes another time: `mean size of
/// /a's cached answers 2.0 KiB, now 8.0 KiB`. Empty where there is none.
std::string other_size(const bench::Result& before, const bench::Result& now);

} // namespace roacache::report
