#include "src/config/settings.hpp"

#include "src/config/layers.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/units.hpp"

#include <cctype>
#include <fmt/core.h>

namespace roacache::config {
namespace {

[[noreturn]] void bad_value(const Found& found, std::string_view expected) {
    throw core::Error(core::ExitCode::usage,
                      fmt::format("{}: '{}': expected {}", found.origin, found.value, expected));
}

bool parse_switch(const Found& found) {
    std::string word;
    for (const char c : found.value)
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const char* yes : {"true", "1", "yes", "on"})
        if (word == yes) return true;
    for (const char* no : {"false", "0", "no", "off"})
        if (word == no) return false;
    bad_value(found, "true or false");
}

Color parse_color(const Found& found) {
    if (found.value == "auto") return Color::automatic;
    if (found.value == "always") return Color::always;
    if (found.value == "never") return Color::never;
    bad_value(found, "auto, always or never");
}

/// Services write plain seconds (`5`, `0.5`); with a unit is fine too.
core::Nanoseconds parse_seconds(const Found& found) {
    const bool plain = found.value.find_first_not_of("0123456789.") == std::string::npos;
    return core::parse_duration(plain ? found.value + "s" : found.value, found.origin);
}

core::Nanoseconds parse_timeout(const Found& found) {
    const bool by_service = found.origin.ends_with("REDIS_SOCKET_CONNECT_TIMEOUT");
    const core::Nanoseconds timeout =
        by_service ? parse_seconds(found) : core::parse_duration(found.value, found.origin);
    if (timeout.count() <= 0) bad_value(found, "a duration above 0");
    return timeout;
}

std::string escape_host(const std::string& host) {
    if (host.front() == '[') return host;
    if (host.find(':') != std::string::npos) return "[" + host + "]";
    std::string escaped;
    for (const char c : host) {
        const bool plain =
            std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
        escaped += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return escaped;
}

/// REDIS_HOST, REDIS_PORT and REDIS_DB of one layer, put together.
std::optional<Found> url_from_parts(const Layer& layer) {
    const auto host = layer.variable("REDIS_HOST");
    const auto port = layer.variable("REDIS_PORT");
    const auto database = layer.variable("REDIS_DB");
    if (!host && !port) return {};
    if (port) core::parse_integer(port->value, port->origin, 1, 65535);
    if (database) core::parse_integer(database->value, database->origin, 0, 1'000'000);
    return Found{fmt::format("redis://{}:{}/{}", host ? escape_host(host->value) : "127.0.0.1",
                             port ? port->value : "6379", database ? database->value : "0"),
                 host ? host->origin : port->origin};
}

std::optional<Found> find_url(const std::vector<Layer>& layers) {
    for (const Layer& layer : layers) {
        if (auto url = layer.setting("url", {"REDIS_URL"})) return url;
        if (auto url = url_from_parts(layer)) return url;
    }
    return {};
}

/// A secret given directly or through a file; a file's last line break does not belong to it.
Setting<std::string> find_secret(const std::vector<Layer>& layers, const std::string& name,
                                 const ServiceNames& service_names) {
    for (const Layer& layer : layers) {
        if (const auto file = layer.setting(name + "-file")) {
            std::string content = core::read_file(file->value);
            content.erase(content.find_last_not_of("\r\n") + 1);
            if (!content.empty()) return {content, file->origin};
            throw core::Error(core::ExitCode::usage,
                              fmt::format("{}: {}: the file is empty", file->origin, file->value));
        }
        if (const auto direct = layer.setting(name, service_names)) return {direct->value, direct->origin};
    }
    return {};
}

Setting<bool> find_cache_enabled(const std::vector<Layer>& layers) {
    for (const Layer& layer : layers) {
        if (const auto on = layer.setting("cache-enabled", {"REDIS_ENABLED"}); on && !parse_switch(*on))
            return {false, on->origin};
        if (const auto off = layer.variable("DISABLE_CACHE"); off && parse_switch(*off))
            return {false, off->origin};
    }
    return {true, "default"};
}

template <typename T, typename Parse>
void settle(Setting<T>& setting, const std::optional<Found>& found, Parse parse) {
    if (!found) return;
    setting.value = parse(*found);
    setting.origin = found->origin;
}

} // namespace

Settings resolve(const Inputs& inputs) {
    Settings settings;
    settings.quiet = inputs.quiet;
    settings.verbose = inputs.verbose;
    settings.url.value = "redis://127.0.0.1:6379/0";
    settings.profile.value = "roa2web";
    settings.timeout.value = std::chrono::seconds(5);

    const std::vector<Layer> layers = read_layers(inputs, settings.config_files);
    const auto find = [&](const std::string& name, const ServiceNames& names = {}) {
        return first_setting(layers, name, names);
    };
    const auto as_text = [](const Found& found) { return found.value; };
    settle(settings.url, find_url(layers), as_text);
    settle(settings.profile, find("profile"), as_text);
    settle(settings.output, find("output"), as_text);
    settle(settings.color, find("color"), parse_color);
    settle(settings.timeout, find("timeout", {"REDIS_SOCKET_CONNECT_TIMEOUT"}), parse_timeout);
    settle(settings.user, find("user", {"REDIS_USER", "REDIS_USERNAME"}), as_text);
    settings.password = find_secret(layers, "password", {"REDIS_PASSWORD", "REDISCLI_AUTH"});
    settings.token = find_secret(layers, "token", {});
    settle(settings.cacert, find("cacert"), as_text);
    settle(settings.cert, find("cert"), as_text);
    settle(settings.key_file, find("key-file"), as_text);
    settle(settings.server_name, find("server-name"), as_text);
    settle(settings.insecure, find("insecure"), parse_switch);
    settings.cache_enabled = find_cache_enabled(layers);
    settle(settings.default_ttl, find("default-ttl", {"CACHE_DEFAULT_TTL", "CACHE_TTL_SECONDS"}),
           [](const Found& found) { return std::optional(parse_seconds(found)); });
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
    add("cacert", cacert, cacert.value);
    add("cert", cert, cert.value);
    add("key-file", key_file, key_file.value);
    add("insecure", insecure, insecure.value ? "true" : "false");
    add("cache-enabled", cache_enabled, cache_enabled.value ? "true" : "false");
    if (default_ttl.value) add("default-ttl", default_ttl, core::format_duration(*default_ttl.value));
    return lines;
}

} // namespace roacache::config
