#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"
#include "src/net/url.hpp"

#include <functional>
#include <nlohmann/json_fwd.hpp>
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

/// For a command that only looks at one store: of the tiers that a file names the deepest, which
/// Context::url() then says. Of those of the command line none is chosen.
void take_deepest_tier(config::Settings& settings);

/// The stores that a command acts on, deepest first, each as the settings that name it alone: the tiers of
/// the cache, with all that --instances names in the place of the management API. A single address that was
/// not given with -u gives way to --instances. Throws core::Error(usage) as parse_instances() does, for a URL
/// that is none or comes twice, and for several management APIs beside --instances.
std::vector<config::Settings> target_settings(const std::string& instances, const config::Settings& settings);

/// Runs a command at each of the target_settings() in turn, and answers with what came of each: in JSON
/// `targets`, with the `store`, `outcome`, `error` and what else its document has. Throws
/// core::Error(partial) where some have failed, and with the code of the first failure where all have. A
/// command with one store and without instances runs as it is. `add` adds to the document what is told of all
/// together.
core::ExitCode run_on_targets(const std::string& instances, std::string_view command, Context& context,
                              const Action& run,
                              const std::function<void(nlohmann::ordered_json& document)>& add = {});

} // namespace roacache::commands
