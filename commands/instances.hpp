#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"
#include "src/net/url.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::commands {

/// Adds --instances, which names a service's workers one by one.
void add_instances_option(CLI::App& app, std::string& instances);

/// What --instances names. Throws core::Error(usage) for what is no http(s) URL, and for one that comes
/// twice.
std::vector<net::Url> parse_instances(const std::string& instances);

/// The settings with another address, given by --instances.
config::Settings settings_for(const net::Url& instance, const config::Settings& settings);

/// Runs a command at each instance in turn, and answers with what came of each: in JSON `targets`, with the
/// instance's `store`, `outcome`, `error` and what else its document has. Throws core::Error(partial) where
/// some have failed, and with the code of the first failure where all have. Without instances the command
/// runs as it is.
core::ExitCode run_on_instances(const std::string& instances, std::string_view command, Context& context,
                                const Action& run);

} // namespace roacache::commands
