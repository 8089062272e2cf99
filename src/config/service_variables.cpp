#include "src/config/service_variables.hpp"

#include "src/config/builtin_profiles.hpp"
#include "src/config/profile.hpp"

#include <algorithm>

namespace roacache::config {
namespace {

bool may_hold_profiles(const ConfigFile& file) {
    return file.text.find("profiles") != std::string::npos;
}

/// Reads no more than it takes: starting is to be quick, and most commands need nothing else of a profile.
Profile read_named(const std::string& name, const std::vector<ConfigFile>& config_files) {
    if (names_profile_file(name))
        return profile_of_file(read_config_file(name), name, all_profiles(config_files));
    if (std::none_of(config_files.begin(), config_files.end(), may_hold_profiles))
        for (const BuiltinProfile& source : builtin_profile_sources())
            if (source.name == name) return parse_profile(source.text, "built-in", {});
    return find_profile(all_profiles(config_files), name);
}

} // namespace

ServiceVariables service_variables(const std::string& name, const std::vector<ConfigFile>& config_files) {
    ServiceVariables variables;
    Profile profile;
    try {
        profile = read_named(name, config_files);
    } catch (const core::Error&) {
        // Reported when the command asks for the profile.
    }
    const auto fill = [&](ServiceNames& names, std::string_view setting, ServiceNames usual) {
        for (const auto& [variable, what] : profile.environment)
            if (what == setting) names.push_back(variable);
        if (names.empty()) names = std::move(usual);
    };
    fill(variables.url, "url", {"REDIS_URL"});
    fill(variables.host, "host", {"REDIS_HOST"});
    fill(variables.port, "port", {"REDIS_PORT"});
    fill(variables.database, "database", {"REDIS_DB"});
    fill(variables.tls, "tls",
         {"REDIS_SSL", "REDIS_TLS", "REDIS_USE_SSL", "REDIS_USE_TLS", "REDIS_SSL_ENABLED",
          "REDIS_TLS_ENABLED", "REDIS_ENABLE_SSL", "REDIS_ENABLE_TLS", "REDIS_SCHEME"});
    fill(variables.user, "user", {"REDIS_USER", "REDIS_USERNAME"});
    fill(variables.password, "password", {"REDIS_PASSWORD"});
    variables.password.emplace_back("REDISCLI_AUTH");
    fill(variables.enabled, "enabled", {"REDIS_ENABLED"});
    fill(variables.disabled, "disabled", {"DISABLE_CACHE"});
    fill(variables.timeout, "timeout", {"REDIS_SOCKET_CONNECT_TIMEOUT"});
    fill(variables.default_ttl, "default-ttl", {"CACHE_DEFAULT_TTL", "CACHE_TTL_SECONDS"});
    const auto names = [&](std::string_view setting) {
        return std::any_of(profile.environment.begin(), profile.environment.end(),
                           [&](const auto& each) { return each.second == setting; });
    };
    variables.names_url = names("url");
    variables.names_parts = names("host") || names("port") || names("database");
    variables.profile = name;
    variables.off_unless_enabled = profile.off_unless_enabled;
    return variables;
}

} // namespace roacache::config
