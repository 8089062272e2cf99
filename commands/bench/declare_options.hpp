#pragma once

#include "commands/bench/options.hpp"
#include "commands/cli_app.hpp"

namespace roacache::commands {

/// Adds the options of `bench`, and its examples.
void declare_options(CLI::App& app, BenchOptions& options);

} // namespace roacache::commands
