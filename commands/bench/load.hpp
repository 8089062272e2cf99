#pragma once

#include "commands/bench/options.hpp"
#include "src/bench/model/plan.hpp"
#include "src/config/settings.hpp"
#include "src/config/suite.hpp"

namespace roacache::commands {

/// How the load is made: as the options say, else as the suite says, if there is one, else as usual.
/// Connections when none are asked for: 10, and at a rate as many as a second's requests, but at least 10 and
/// at most 1,000. Throws core::Error(usage) for what does not go together.
bench::LoadSpec make_load(const BenchOptions& options, const config::Suite* suite,
                          const config::Settings& settings);

} // namespace roacache::commands
