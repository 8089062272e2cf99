#include "src/config/layers.hpp"

#include "src/config/config_file.hpp"
#include "src/config/toml_file.hpp"

#include <algorithm>
#include <cctype>

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
    if (const std::string folder = value("XDG_CONFIG_HOME"); !folder.empty())
        return std::filesystem::path(folder) / "roacache/config.toml";
    if (const std::string home = value("HOME"); !home.empty())
        return std::filesystem::path(home) / ".config/roacache/config.toml";
    return {};
}

} // namespace

std::string Found::file() const {
    return origin.substr(0, origin.rfind(": ") == std::string::npos ? 0 : origin.rfind(": "));
}

std::optional<Found> Layer::value(const std::string& name) const {
    Found found{
        "", kind == Kind::flags ? "--" + name : prefix + name, trust, index, kind == Kind::service_variables,
        ""};
    if (const auto bad = malformed.find(name); bad != malformed.end()) {
        found.malformed = bad->second;
        return found;
    }
    const auto at = values.find(name);
    if (at == values.end() || at->second.empty()) return {};
    found.value = at->second;
    return found;
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

void Layers::add(Layer layer) {
    layer.index = layers.size();
    layers.push_back(std::move(layer));
}

void Layers::add_variables(const std::string& prefix, const Variables& values, const Variables& malformed,
                           Trust trust) {
    add({Layer::Kind::own_variables, prefix, values, malformed, trust, 0});
    add({Layer::Kind::service_variables, prefix, values, malformed, trust, 0});
}

void Layers::add_toml(ConfigFile file) {
    const std::string name = file.path.string();
    add({Layer::Kind::toml, name + ": ", read_settings_table(file.text, name), {}, file.trust, 0});
    config_files.push_back(std::move(file));
}

Layers read_layers(const Inputs& inputs) {
    Layers read;
    read.add({Layer::Kind::flags, "", inputs.flags, {}, Trust::flag, 0});
    read.add_variables("environment ", inputs.environment, {}, Trust::environment);
    if (const auto file = read.first("env-file")) {
        EnvFile parsed = parse_env_file(read_config_file(file->value), file->value, inputs.environment);
        read.add_variables(file->value + ": ", parsed.variables, parsed.malformed, Trust::env_file);
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
