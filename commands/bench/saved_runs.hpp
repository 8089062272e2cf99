#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"

#include <memory>

namespace roacache::commands {

/// `bench compare` and `bench merge`, which read runs back from their JSON. What is chosen goes to `action`.
void declare_saved_runs(CLI::App& bench, const std::shared_ptr<Action>& action);

} // namespace roacache::commands
