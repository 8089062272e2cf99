#include "src/config/layers.hpp"

#include "src/config/toml_file.hpp"
#include "src/core/file.hpp"

#include <cctype>

namespace roacache::config {
namespace {

std::string own_variable(std::string_view name) {
    std::string variable = "ROACACHE_";
    for (const char c : name)
        variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return variable;
}

void add_variables(std::vector<Layer>& layers, const std::string& prefix, const Variables& variables) {
    layers.push_back({Layer::Kind::own_variables, prefix, variables});
    layers.push_back({Layer::Kind::service_variables, prefix, variables});
}

std::filesystem::path user_config_file(const Layer& environment) {
    if (const auto folder = environment.variable("XDG_CONFIG_HOME"))
        return std::filesystem::path(folder->value) / "roacache/config.toml";
    if (const auto home = environment.variable("HOME"))
        return std::filesystem::path(home->value) / ".config/roacache/config.toml";
    return {};
}

} // namespace

std::optional<Found> Layer::value(const std::string& name) const {
    const auto at = values.find(name);
    if (at == values.end() || at->second.empty()) return {};
    return Found{at->second, kind == Kind::flags ? "--" + name : prefix + name};
}

std::optional<Found> Layer::setting(const std::string& name, const ServiceNames& service_names) const {
    if (kind == Kind::own_variables) return value(own_variable(name));
    if (kind != Kind::service_variables) return value(name);
    for (const std::string_view service_name : service_names)
        if (auto found = value(std::string(service_name))) return found;
    return {};
}

std::optional<Found> Layer::variable(const std::string& name) const {
    return kind == Kind::service_variables ? value(name) : std::nullopt;
}

std::optional<Found> first_setting(const std::vector<Layer>& layers, const std::string& name,
                                   const ServiceNames& service_names) {
    for (const Layer& layer : layers)
        if (auto found = layer.setting(name, service_names)) return found;
    return {};
}

std::vector<Layer> read_layers(const Inputs& inputs, std::vector<std::filesystem::path>& config_files) {
    std::vector<Layer> layers{{Layer::Kind::flags, "", inputs.flags}};
    add_variables(layers, "environment ", inputs.environment);
    const Layer environment = layers.back();
    if (const auto file = first_setting(layers, "env-file"))
        add_variables(layers, file->value + ": ", parse_env_file(core::read_file(file->value), file->value));

    const auto add_toml = [&](const std::filesystem::path& file) {
        layers.push_back({Layer::Kind::toml, file.string() + ": ",
                          read_settings_table(core::read_file(file), file.string())});
        config_files.push_back(file);
    };
    std::error_code ignored;
    const std::filesystem::path here = inputs.directory / "roacache.toml";
    if (const auto named = first_setting(layers, "config"))
        add_toml(named->value);
    else if (std::filesystem::exists(here, ignored))
        add_toml(here);
    if (const auto file = user_config_file(environment); std::filesystem::exists(file, ignored))
        add_toml(file);
    return layers;
}

} // namespace roacache::config
