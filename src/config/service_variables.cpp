#include "src/config/service_variables.hpp"

#include "src/config/builtin_profiles.hpp"
#include "src/config/profile.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <utility>

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

bool may_hold_tiers(const ConfigFile& file) {
    return file.text.find("tiers") != std::string::npos;
}

} // namespace

std::span<const ServiceSetting> service_settings() {
    using Of = ServiceVariables;
    static const std::array k_settings{
        ServiceSetting{"url", &Of::url, {"REDIS_URL"}},
        ServiceSetting{"host", &Of::host, {"REDIS_HOST"}},
        ServiceSetting{"port", &Of::port, {"REDIS_PORT"}},
        ServiceSetting{"database", &Of::database, {"REDIS_DB"}},
        ServiceSetting{"tls",
                       &Of::tls,
                       {"REDIS_SSL", "REDIS_TLS", "REDIS_USE_SSL", "REDIS_USE_TLS", "REDIS_SSL_ENABLED",
                        "REDIS_TLS_ENABLED", "REDIS_ENABLE_SSL", "REDIS_ENABLE_TLS", "REDIS_SCHEME"}},
        ServiceSetting{"user", &Of::user, {"REDIS_USER", "REDIS_USERNAME"}},
        ServiceSetting{"password", &Of::password, {"REDIS_PASSWORD"}, {"REDISCLI_AUTH"}},
        ServiceSetting{"enabled", &Of::enabled, {"REDIS_ENABLED"}},
        ServiceSetting{"disabled", &Of::disabled, {"DISABLE_CACHE"}},
        ServiceSetting{"timeout", &Of::timeout, {"REDIS_SOCKET_CONNECT_TIMEOUT"}},
        ServiceSetting{"default-ttl", &Of::default_ttl, {"CACHE_DEFAULT_TTL", "CACHE_TTL_SECONDS"}},
        ServiceSetting{"memory-ttl", &Of::memory_ttl, {"CACHE_L1_TTL"}},
        ServiceSetting{"max-connections"},
        ServiceSetting{"keepalive"},
        ServiceSetting{"max-entries"},
    };
    return k_settings;
}

ServiceVariables service_variables(const std::string& name, const std::vector<ConfigFile>& config_files) {
    ServiceVariables variables;
    Profile profile;
    try {
        profile = read_named(name, config_files);
    } catch (const core::Error&) {
        // Reported when the command asks for the profile.
    }
    for (const ServiceSetting& setting : service_settings()) {
        if (setting.names == nullptr) continue;
        ServiceNames& names = variables.*setting.names;
        for (const auto& [variable, what] : profile.environment)
            if (what == setting.name) names.push_back(variable);
        if (names.empty()) names = setting.usual;
        names.insert(names.end(), setting.always.begin(), setting.always.end());
    }
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

Layer tiers_of_profile(const std::string& name, Trust named_by, const std::vector<ConfigFile>& config_files) {
    Layer layer;
    layer.kind = Layer::Kind::toml;
    if (!names_profile_file(name) && std::none_of(config_files.begin(), config_files.end(), may_hold_tiers))
        return layer;
    Profile profile;
    try {
        profile = read_named(name, config_files);
    } catch (const core::Error&) {
        return layer; // reported when the command asks for the profile
    }
    layer.prefix = fmt::format("{}: profile {}'s ", profile.tiers_file, profile.name);
    layer.trust = std::min(named_by, Trust::named_file);
    for (const ConfigFile& file : config_files)
        if (file.path.string() == profile.tiers_file) layer.trust = file.trust;
    layer.tiers = std::move(profile.tiers);
    return layer;
}

} // namespace roacache::config
