#pragma once

#include "commands/command.hpp"
#include "src/store/store.hpp"

#include <memory>

namespace roacache::commands {

/// How the settings say to reach a store. User and password of the settings fill in what the URL leaves out;
/// given by a flag they go before the URL's.
store::ConnectOptions connect_options(const Context& context, const net::Url& url);

/// Connects to the store that the settings name.
std::unique_ptr<store::Store> open_store(const Context& context);

} // namespace roacache::commands
