#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"

namespace roacache::commands {

// One for each file commands/NAME.cpp; listed with its summary in commands.cpp.
Action declare_ping(CLI::App& app);
Action declare_keys(CLI::App& app);
Action declare_key(CLI::App& app);
Action declare_invalidate(CLI::App& app);
Action declare_plan(CLI::App& app);
Action declare_apply(CLI::App& app);
Action declare_inspect(CLI::App& app);
Action declare_stats(CLI::App& app);
Action declare_doctor(CLI::App& app);
Action declare_follow(CLI::App& app);
Action declare_toggle(CLI::App& app);
Action declare_clear(CLI::App& app);
Action declare_benchmark(CLI::App& app);
Action declare_bench(CLI::App& app);
Action declare_demo(CLI::App& app);
Action declare_profile(CLI::App& app);
Action declare_trust(CLI::App& app);
Action declare_completion(CLI::App& app);

} // namespace roacache::commands
