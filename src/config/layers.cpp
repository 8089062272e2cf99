#include "src/config/layers.hpp"

#include "src/config/config_file.hpp"
#include "src/config/toml_file.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/secret.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/core.h>

namespace roacache::config {
namespace {

std::string own_variable(std::string_view name) {
    std::string variable = "ROACACHE_";
    for (const char c : name)
        variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return variable;
}

std::filesystem::path user_config_file(const Variables& environment) {
    const auto value = [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
    };
    // A relative one would make a file of the current directory the user's own.
    if (const std::filesystem::path folder = value("XDG_CONFIG_HOME"); folder.is_absolute())
        return folder / "roacache/config.toml";
    if (const std::filesystem::path home = value("HOME"); home.is_absolute())
        return home / ".config/roacache/config.toml";
    return {};
}

/// The text of a .env file. What an editor saved as UTF-16 would otherwise be lines that say nothing.
EnvFile read_env_file(const std::string& path, const Variables& environment) {
    const std::string text = read_config_file(path);
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") || text.find('\0') != std::string::npos)
        throw core::Error(core::ExitCode::usage,
                          fmt::format("bad env file: {}: it holds NUL bytes, as UTF-16 text does", path),
                          "Save it as UTF-8.");
    return parse_env_file(text, path, environment);
}

} // namespace

std::string without_quotes(std::string text) {
    const auto trim = [&] {
        text.erase(text.find_last_not_of(" \t\r\n") + 1);
        text.erase(0, text.find_first_not_of(" \t\r\n"));
    };
    trim();
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
        text = text.substr(1, text.size() - 2);
        trim();
    }
    return text;
}

bool parse_switch(const Found& found) {
    const std::string word = core::to_lower(without_quotes(found.value));
    for (const char* yes : {"true", "1", "yes", "on", "t", "y"})
        if (word == yes) return true;
    for (const char* no : {"false", "0", "no", "off", "f", "n"})
        if (word == no) return false;
    throw core::Error(core::ExitCode::usage, fmt::format("{}: '{}': expected true or false", found.origin,
                                                         core::redacted_value(found.value)));
}

std::string Found::file() const {
    return origin.substr(0, origin.rfind(": ") == std::string::npos ? 0 : origin.rfind(": "));
}

std::optional<Found> Layer::value(const std::string& name) const {
    Found found{"",
                kind == Kind::flags ? "--" + name : prefix + name,
                trust,
                index,
                kind == Kind::service_variables,
                "",
                std::string::npos,
                false};
    if (const auto bad = malformed.find(name); bad != malformed.end()) {
        found.malformed = bad->second;
        return found;
    }
    const auto at = values.find(name);
    if (at == values.end() || at->second.empty()) return {};
    found.value = at->second;
    if (const auto taken = from_environment.find(name); taken != from_environment.end()) {
        found.from_environment = taken->second.at;
        found.all_from_environment = taken->second.all;
    }
    return found;
}

std::optional<Found> Layer::whole_value(const std::string& name) const {
    auto found = value(name);
    const auto lacking = incomplete.find(name);
    if (lacking == incomplete.end()) return found;
    if (!found)
        found = Found{"", prefix + name,     trust, index, kind == Kind::service_variables,
                      "", std::string::npos, false};
    if (found->malformed.empty()) found->malformed = lacking->second;
    return found;
}

std::optional<Found> Layer::address(const std::string& name, const ServiceNames& service_names) const {
    if (kind == Kind::own_variables) return whole_value(own_variable(name));
    if (kind != Kind::service_variables) return value(name);
    return address_part(service_names);
}

std::optional<Found> Layer::address_part(const ServiceNames& names) const {
    if (kind != Kind::service_variables) return {};
    for (const std::string& name : names)
        if (auto found = whole_value(name)) return found;
    return {};
}

std::optional<Found> Layer::setting(const std::string& name, const ServiceNames& service_names) const {
    if (kind == Kind::own_variables) return value(own_variable(name));
    if (kind != Kind::service_variables) return value(name);
    return variable(service_names);
}

std::optional<Found> Layer::variable(const ServiceNames& names) const {
    if (kind != Kind::service_variables) return {};
    for (const std::string& name : names)
        if (auto found = value(name)) return found;
    return {};
}

std::optional<Found> Layers::first(const std::string& name, const ServiceNames& service_names) const {
    for (const Layer& layer : layers)
        if (auto found = layer.setting(name, service_names)) return found;
    return {};
}

std::optional<Found> Layer::miscased(const ServiceNames& names) const {
    if (kind != Kind::service_variables || trust != Trust::env_file) return {};
    const auto same = [](const std::string& one, const std::string& other) {
        return std::equal(
            one.begin(), one.end(), other.begin(), other.end(),
            [](unsigned char a, unsigned char b) { return std::toupper(a) == std::toupper(b); });
    };
    for (const std::string& name : names)
        for (const auto& [given, text] : values)
            if (same(given, name) && !text.empty()) {
                Found found;
                found.origin = prefix + given;
                found.trust = trust;
                found.layer = index;
                found.of_service = true;
                found.malformed = fmt::format("{}{} is not {}: case counts", prefix, given, name);
                return found;
            }
    return {};
}

void Layers::add(Layer layer) {
    layer.index = layers.size();
    layers.push_back(std::move(layer));
}

void Layers::add_variables(const std::string& prefix, const EnvFile& variables, Trust trust) {
    for (const auto kind : {Layer::Kind::own_variables, Layer::Kind::service_variables})
        add({kind, prefix, variables.variables, variables.malformed, trust, 0, variables.incomplete,
             variables.from_environment});
}

void Layers::add_toml(ConfigFile file) {
    const std::string name = file.path.string();
    SettingsTable table = read_settings_table(file.text, name);
    add({Layer::Kind::toml,
         name + ": ",
         std::move(table.values),
         {},
         file.trust,
         0,
         {},
         {},
         std::move(table.tiers)});
    config_files.push_back(std::move(file));
}

Layers read_layers(const Inputs& inputs) {
    Layers read;
    read.add({Layer::Kind::flags, "", inputs.flags, {}, Trust::flag, 0, {}, {}, inputs.tiers});
    EnvFile environment;
    environment.variables = inputs.environment;
    read.add_variables("environment ", environment, Trust::environment);
    if (const auto file = read.first("env-file")) {
        EnvFile parsed = read_env_file(file->value, inputs.environment);
        read.add_variables(file->value + ": ", parsed, Trust::env_file);
        read.env_file = file->value;
        read.env_file_layer = read.layers.back().index;
        read.warnings = std::move(parsed.warnings);
    }
    std::error_code ignored;
    const std::filesystem::path here = inputs.directory / "roacache.toml";
    if (const auto named = read.first("config"))
        read.add_toml({named->value, read_config_file(named->value),
                       named->trust == Trust::flag ? Trust::named_file : named->trust});
    else if (std::filesystem::exists(here, ignored))
        read.add_toml(read_directory_file(here, inputs.environment));
    if (const auto file = user_config_file(inputs.environment); std::filesystem::exists(file, ignored))
        read.add_toml({file, read_config_file(file), Trust::user_file});
    return read;
}

} // namespace roacache::config
