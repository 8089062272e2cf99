#pragma once

#include "src/config/settings.hpp"
#include "src/net/tls.hpp"

#include <string>

namespace roacache::commands {

/// Throws core::Error(usage) when the secret is of a more trusted place than the address it would go to;
/// `what` describes the secret.
void check_secret(const config::Setting<std::string>& secret, const std::string& what,
                  const config::Setting<std::string>& address);

/// The TLS settings for an address. Throws core::Error(usage) when one of them is of a .env file and the
/// address of a more trusted place, or the client's key of a more trusted one than the address, and when one
/// of them is of a file that nobody trusts.
/// Throws core::Error(usage) where a setting that leads elsewhere than the address comes from a less trusted
/// place.
void check_route(const config::Setting<std::string>& setting, const config::Setting<std::string>& address);

net::TlsOptions tls_options(const config::Settings& settings, const config::Setting<std::string>& address);

/// An address that the command line names; `url` may be left out where it is not asked for.
config::Setting<std::string> address_of_flag(const std::string& flag, const std::string& url = {});

} // namespace roacache::commands
