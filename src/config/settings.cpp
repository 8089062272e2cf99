#include "src/config/settings.hpp"

#include "src/config/address_layers.hpp"
#include "src/config/layers.hpp"
#include "src/config/profile.hpp"
#include "src/config/service_variables.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/reader.hpp"
#include "src/core/secret.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace roacache::config {
namespace {

[[noreturn]] void bad_value(const Found& found, std::string_view expected) {
    throw core::Error(core::ExitCode::usage, fmt::format("{}: '{}': expected {}", found.origin,
                                                         core::redacted_value(found.value), expected));
}

Color parse_color(const Found& found) {
    if (found.value == "auto") return Color::automatic;
    if (found.value == "always") return Color::always;
    if (found.value == "never") return Color::never;
    bad_value(found, "auto, always or never");
}

/// Services write plain seconds (`5`, `0.5`); with a unit is fine too.
core::Nanoseconds parse_seconds(const Found& found) {
    const std::string text = without_quotes(found.value);
    const bool plain = text.find_first_not_of("0123456789.") == std::string::npos;
    return core::parse_duration(plain ? text + "s" : text, found.origin);
}

core::Nanoseconds parse_timeout(const Found& found) {
    const core::Nanoseconds timeout =
        found.of_service ? parse_seconds(found) : core::parse_duration(found.value, found.origin);
    if (timeout.count() <= 0) bad_value(found, "a duration above 0");
    return timeout;
}

/// What ./roacache.toml may say before the user trusted it: nothing that leads elsewhere or removes anything.
bool allowed_untrusted(std::string_view name) {
    constexpr std::array<std::string_view, 6> k_allowed{"output",      "color",      "timeout",
                                                        "default-ttl", "memory-ttl", "profile"};
    return std::find(k_allowed.begin(), k_allowed.end(), name) != k_allowed.end();
}

/// Settings that make roacache read another of the user's files and send it, or authenticate with it.
bool names_secret_file(std::string_view name) {
    return name.ends_with("-file") || name == "cert";
}

core::Error unreadable(const Found& found) {
    return {core::ExitCode::usage, fmt::format("bad env file: {}", found.malformed)};
}

/// Why the place that a setting was found in may not say it; null when it may.
std::shared_ptr<const core::Error> objection(const Found& found, const std::string& name) {
    if (found.trust == Trust::directory && !allowed_untrusted(name))
        return std::make_shared<core::Error>(not_trusted(
            found.file(), fmt::format("it may not set {}, since anybody may have put it there", name)));
    if (found.trust == Trust::env_file && names_secret_file(name))
        return std::make_shared<core::Error>(
            core::ExitCode::usage,
            fmt::format("not trusted: {}: a service's .env file may not name files of yours", found.origin),
            fmt::format("Use --{}, ROACACHE_* in the environment, or the file of --config.", name));
    return nullptr;
}

template <typename T>
void place(Setting<T>& setting, const Found& found) {
    setting.origin = found.origin;
    setting.trust = found.trust;
    setting.layer = found.layer;
    setting.took_environment = found.from_environment != std::string::npos;
}

/// Whoever wrote a .env file does not decide where a secret of the environment goes.
void raise_trust(Setting<std::string>& secret) {
    if (secret.took_environment) secret.trust = std::max(secret.trust, Trust::environment);
}

/// Settles settings one by one; what is wrong with a service's variable is stored for the command that needs
/// it.
class Settling {
  public:
    Settling(const Layers& layers, Settings& settings) : layers_(layers), settings_(settings) {}

    template <typename T, typename Parse>
    void settle(Setting<T>& setting, const std::string& name, const ServiceNames& names, Parse parse) {
        if (const auto found = layers_.first(name, names)) take(setting, name, *found, parse);
    }

    template <typename T, typename Parse>
    void take(Setting<T>& setting, const std::string& name, const Found& found, Parse parse) {
        place(setting, found);
        setting.problem = objection(found, name);
        if (setting.problem) return;
        try {
            if (!found.malformed.empty()) throw unreadable(found);
            setting.value = parse(found);
        } catch (const core::Error& error) {
            if (!found.of_service) throw;
            setting.problem = std::make_shared<core::Error>(error);
            settings_.warnings.emplace_back(error.what());
        }
    }

    /// A secret given directly or through a file.
    void settle_secret(Setting<std::string>& setting, const std::string& name, const ServiceNames& names) {
        for (const Layer& layer : layers_.layers) {
            if (const auto file = layer.setting(name + "-file"))
                return take(setting, name + "-file", *file,
                            [&](const Found& found) { return read_secret(found, settings_.timeout.value); });
            if (const auto direct = layer.setting(name, names))
                return take(setting, name, *direct, [](const Found& found) { return found.value; });
        }
    }

    void settle_switches(const ServiceVariables& names) {
        Setting<bool>& enabled = settings_.cache_enabled;
        enabled.value = true;
        settle(enabled, "cache-enabled", names.enabled, parse_switch);
        if (!enabled.value || enabled.problem) return;
        for (const Layer& layer : layers_.layers) {
            if (!enabled.is_default() && layer.index >= enabled.layer &&
                layers_.layers[enabled.layer].kind != Layer::Kind::service_variables)
                break;
            const auto disabled = layer.variable(names.disabled);
            if (!disabled) continue;
            Setting<bool> off;
            take(off, "cache-enabled", *disabled, parse_switch);
            if (!off.value && !off.problem) return;
            enabled = off;
            enabled.value = false;
            return;
        }
    }

  private:
    /// A file's last line break does not belong to the secret.
    static std::string read_secret(const Found& file, core::Nanoseconds limit) {
        constexpr std::size_t k_largest = 65'536;
        std::string content = core::read_small(file.value, k_largest, limit);
        content.erase(content.find_last_not_of("\r\n") + 1);
        if (content.empty())
            throw core::Error(core::ExitCode::usage, fmt::format("{}: {}: the file is empty", file.origin,
                                                                 core::redacted_value(file.value)));
        return content;
    }

    const Layers& layers_;
    Settings& settings_;
};

/// A service that reads its address from these variables, and finds no switch among them, does not use this
/// cache when it takes that for off. Only a profile that was named is known to be this service's. What is in
/// the cache may be another process's all the same, so that this switches nothing off.
void apply_rule_for_unset_switch(Settings& settings, const ServiceVariables& names, bool by_service) {
    if (!names.off_unless_enabled || !settings.cache_enabled.is_default() || !by_service ||
        settings.profile.is_default())
        return;
    settings.unused =
        fmt::format("{} is not set, which {} takes for off", names.enabled.front(), names.profile);
}

/// The first place that names tiers, unless one of a higher precedence says something of the address.
void find_tiers(const Layers& layers, Settings& settings) {
    Address& address = settings.address;
    std::string before; // what goes before them
    for (const Layer& layer : layers.layers) {
        for (const auto* part : {&address.host, &address.port, &address.database})
            if (*part && (*part)->layer == layer.index) before = (*part)->origin;
        if (address.url.layer == layer.index && layer.tiers.empty()) before = address.url.origin;
        if (layer.tiers.empty()) continue;
        const std::string origin = layer.kind == Layer::Kind::flags ? "--url" : layer.prefix + "tiers";
        if (before == "--url") return;
        if (!before.empty()) {
            address.notes.push_back(fmt::format("{} are not used: {} goes before", origin, before));
            return;
        }
        for (const std::string& url : layer.tiers) {
            Found found;
            found.value = url;
            found.origin = origin;
            found.trust = layer.trust;
            found.layer = layer.index;
            Setting<std::string> tier;
            place(tier, found);
            tier.value = url;
            tier.problem = objection(found, "url");
            settings.tiers.push_back(std::move(tier));
        }
        const std::string passed_env_file = address.passed_env_file;
        address = {};
        address.url = settings.tiers.front();
        address.passed_env_file = passed_env_file;
        if (settings.tiers.size() == 1) settings.tiers.clear();
        return;
    }
}

/// A profile of the same file that nobody trusts decides what a command removes.
void check_profile(Settings& settings) {
    if (settings.profile.trust != Trust::directory) return;
    const auto& known = builtin_profiles();
    if (!known.contains(settings.profile.value))
        settings.profile.problem = std::make_shared<core::Error>(not_trusted(
            settings.config_files.front().path, "it may not choose a profile that is not built in"));
}

/// A file that nobody trusts does not say either which variables hold the address and the password.
ServiceVariables variables_of_service(const Settings& settings) {
    std::vector<ConfigFile> trusted;
    for (const ConfigFile& file : settings.config_files)
        if (file.trust != Trust::directory) trusted.push_back(file);
    return service_variables(
        settings.profile.problem ? std::string(k_default_profile) : settings.profile.value, trusted);
}

} // namespace

Settings settle(Layers layers) {
    Settings settings;
    settings.profile.value = k_default_profile;
    settings.timeout.value = std::chrono::seconds(5);
    settings.file_warnings = layers.warnings;
    settings.config_files = std::move(layers.config_files);

    Settling settling(layers, settings);
    const auto as_text = [](const Found& found) { return found.value; };
    settling.settle(settings.profile, "profile", {}, as_text);
    check_profile(settings);
    const ServiceVariables names = variables_of_service(settings);
    if (!settings.profile.problem)
        layers.add(tiers_of_profile(settings.profile.value, settings.profile.trust, settings.config_files));
    settings.address = find_address(layers, names, settings.warnings);
    if (const auto url = layers.first("url"); url && settings.address.url.origin == url->origin)
        if (const auto why = objection(*url, "url")) settings.address.url.problem = why;
    find_tiers(layers, settings);
    settling.settle(settings.output, "output", {}, as_text);
    settling.settle(settings.color, "color", {}, parse_color);
    settling.settle(settings.timeout, "timeout", names.timeout, parse_timeout);
    settling.settle(settings.user, "user", names.user, as_text);
    settling.settle_secret(settings.password, "password", names.password);
    settling.settle_secret(settings.token, "token", {});
    settling.settle(settings.sentinel_user, "sentinel-user", {}, as_text);
    settling.settle_secret(settings.sentinel_password, "sentinel-password", {});
    settling.settle(settings.node_map, "node-map", {}, as_text);
    for (auto* secret : {&settings.user, &settings.password, &settings.token, &settings.sentinel_password})
        raise_trust(*secret);
    settling.settle(settings.cacert, "cacert", {}, as_text);
    settling.settle(settings.cert, "cert", {}, as_text);
    settling.settle(settings.key_file, "key-file", {}, as_text);
    settling.settle(settings.server_name, "server-name", {}, as_text);
    settling.settle(settings.dialect, "dialect", {}, as_text);
    settling.settle(settings.insecure, "insecure", {}, parse_switch);
    settling.settle_switches(names);
    apply_rule_for_unset_switch(settings, names, settings.address.by_service);
    settling.settle(settings.default_ttl, "default-ttl", names.default_ttl,
                    [](const Found& found) { return std::optional(parse_seconds(found)); });
    settling.settle(settings.memory_ttl, "memory-ttl", names.memory_ttl,
                    [](const Found& found) { return std::optional(parse_seconds(found)); });
    settings.url = settings.address.url;
    return settings;
}

Settings resolve(const Inputs& inputs) {
    Settings settings = settle(read_layers(inputs));
    settings.quiet = inputs.quiet;
    settings.verbose = inputs.verbose;
    return settings;
}

std::vector<std::string> Settings::explain(const std::string& redacted_url) const {
    std::vector<std::string> lines{fmt::format("url: {} ({})", redacted_url, url.origin)};
    const auto add = [&](const char* name, const auto& setting, const std::string& value) {
        if (!setting.is_default()) lines.push_back(fmt::format("{}: {} ({})", name, value, setting.origin));
    };
    constexpr const char* k_colors[] = {"auto", "always", "never"};
    add("profile", profile, profile.value);
    add("output", output, output.value);
    add("color", color, k_colors[static_cast<int>(color.value)]);
    add("timeout", timeout, core::format_duration(timeout.value));
    add("user", user, user.value);
    add("password", password, "***");
    add("token", token, "***");
    add("sentinel-user", sentinel_user, sentinel_user.value);
    add("sentinel-password", sentinel_password, "***");
    add("node-map", node_map, node_map.value);
    add("cacert", cacert, cacert.value);
    add("cert", cert, cert.value);
    add("key-file", key_file, key_file.value);
    add("insecure", insecure, insecure.value ? "true" : "false");
    add("cache-enabled", cache_enabled, cache_enabled.value ? "true" : "false");
    if (default_ttl.value) add("default-ttl", default_ttl, core::format_duration(*default_ttl.value));
    if (memory_ttl.value) add("memory-ttl", memory_ttl, core::format_duration(*memory_ttl.value));
    return lines;
}

} // namespace roacache::config
