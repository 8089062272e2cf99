#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"
#include "src/store/store.hpp"

#include <memory>
#include <string>

namespace roacache::commands {

/// How the settings say to reach a store. User and password of the settings fill in what the URL leaves out;
/// given by a flag, or by a ROACACHE_ variable of a higher precedence than the URL, they go before the URL's.
/// `address` is where the URL came from. Throws core::Error(usage) for a secret of a more trusted place than
/// that, and for TLS settings of a less trusted one.
store::ConnectOptions connect_options(const Context& context, const net::Url& url,
                                      const config::Setting<std::string>& address);

/// Connects to the store that the settings name. No wait for it is longer than `longest_wait`.
std::unique_ptr<store::Store> open_store(const Context& context,
                                         core::Nanoseconds longest_wait = core::Nanoseconds::max());

/// Says what store::Store::remarks() has to say, each behind `where`.
void note_remarks(store::Store& store, bool removal, const Context& context, const std::string& where = {});

/// `--read-from`, the same for every command that reads.
void add_read_from_option(CLI::App& app, std::string& read_from);

/// The same for a command that reads, from where `read_from` (`primary`, `replica`, or empty) says. Throws
/// core::Error(usage) where replicas are meant and the URL is no cluster's and no Sentinels'.
std::unique_ptr<store::Store> open_store_to_read(const Context& context, const std::string& read_from);

} // namespace roacache::commands
