#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace roacache::commands {

/// The command line of `demo`, as typed.
struct DemoOptions {
    std::string listen = "127.0.0.1:8080"; ///< HOST:PORT
    std::string cache_url;                 ///< empty (a SQLite file), `none`, `sqlite:PATH` or a Redis URL
    std::string listen_to;                 ///< a channel; empty: none
    std::vector<std::string> hosts;        ///< more names that requests may call the service by
    std::uint64_t rows = 0;                ///< invoices in the ledger; 0: the default
    std::vector<std::string> users;        ///< NAME=FILE with the token
    std::string traps;                     ///< names, with commas between, or `all`; empty: none
};

/// Runs the reference service until an interrupt. Throws core::Error.
core::ExitCode serve_demo(const DemoOptions& options, Context& context);

/// `--rows`, the same for `demo` and `bench --demo`.
CLI::Option* add_rows_option(CLI::App& app, std::uint64_t& rows, const char* help);

} // namespace roacache::commands
