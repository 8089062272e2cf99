#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"

#include <memory>

namespace roacache::commands {

/// The parser with every command and option. `parsed` receives the global options and the chosen command's
/// action.
struct Parsed {
    config::Variables flags;        ///< global options given, by long name
    std::vector<std::string> tiers; ///< every --url, where it was given several times
    bool quiet = false;
    bool verbose = false;
    Action action; ///< of the chosen command; empty when only help or the version was asked for
};
std::unique_ptr<CLI::App> build_app(Parsed& parsed);

/// Parses, runs and reports: the only place where an error becomes an exit code. `arguments` begins with the
/// program's name.
int run(const std::vector<std::string>& arguments, const config::Variables& environment,
        output::Streams& streams);

} // namespace roacache::commands
