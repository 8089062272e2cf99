#include "commands/trusted_settings.hpp"

#include "src/core/error.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

using config::Setting;
using core::Error;
using core::ExitCode;

template <typename T>
void check_tls(const Setting<T>& setting, const Setting<std::string>& address) {
    setting.required();
    if (setting.trust != config::Trust::env_file || address.trust <= config::Trust::env_file) return;
    throw Error(
        ExitCode::usage,
        fmt::format("not trusted: {}: a service's .env file may not change TLS for an address of a more "
                    "trusted place ({})",
                    setting.origin, address.origin),
        "Say it with an option, in the environment or in the file of --config.");
}

} // namespace

void check_secret(const Setting<std::string>& secret, const std::string& what,
                  const Setting<std::string>& address) {
    secret.required();
    if (secret.value.empty() || secret.trust <= address.trust) return;
    throw Error(
        ExitCode::usage,
        fmt::format("not trusted: {} ({}) is not sent to an address of a less trusted place ({})", what,
                    secret.origin, address.origin),
        "Name the address with -u, or in the file of --config; a roacache.toml of the current directory "
        "counts as one after: roacache trust.");
}

void check_route(const Setting<std::string>& setting, const Setting<std::string>& address) {
    setting.required();
    if (setting.trust != config::Trust::env_file || address.trust <= config::Trust::env_file) return;
    throw Error(
        ExitCode::usage,
        fmt::format("not trusted: {}: a service's .env file may not say where the servers of an address "
                    "of a more trusted place ({}) are reached",
                    setting.origin, address.origin),
        "Say it with an option, in the environment or in the file of --config.");
}

net::TlsOptions tls_options(const config::Settings& settings, const Setting<std::string>& address) {
    for (const auto* file : {&settings.cacert, &settings.cert, &settings.key_file})
        check_tls(*file, address);
    check_tls(settings.server_name, address);
    check_tls(settings.insecure, address);
    check_secret(settings.key_file, "the client's key", address);
    return {settings.cacert.value,   settings.cert.value,        settings.key_file.value,
            settings.insecure.value, settings.server_name.value, {},
            settings.timeout.value};
}

Setting<std::string> address_of_flag(const std::string& flag, const std::string& url) {
    Setting<std::string> address;
    address.value = url;
    address.origin = flag;
    address.trust = config::Trust::flag;
    address.layer = 0;
    return address;
}

} // namespace roacache::commands
