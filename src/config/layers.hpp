#pragma once

#include "src/config/settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::config {

/// The names that the served systems use for a setting, such as REDIS_URL for `url`.
using ServiceNames = std::vector<std::string_view>;

struct Found {
    std::string value;  ///< never empty
    std::string origin; ///< as in Setting
};

/// One place that may know a setting.
struct Layer {
    enum class Kind { flags, own_variables, service_variables, toml };
    Kind kind;
    std::string prefix; ///< of an origin: `environment `, `prod.env: `
    Variables values;

    /// A setting by its own name (`url`, or ROACACHE_URL among variables), or by the names that services use
    /// for it.
    std::optional<Found> setting(const std::string& name, const ServiceNames& service_names = {}) const;
    /// A service's variable; nothing in layers of another kind.
    std::optional<Found> variable(const std::string& name) const;

  private:
    std::optional<Found> value(const std::string& name) const;
};

/// All layers in the contract's order, the winning one first. Files read are appended to `config_files`.
/// Throws core::Error(usage) for a file that was named and cannot be read, or is malformed.
std::vector<Layer> read_layers(const Inputs& inputs, std::vector<std::filesystem::path>& config_files);

std::optional<Found> first_setting(const std::vector<Layer>& layers, const std::string& name,
                                   const ServiceNames& service_names = {});

} // namespace roacache::config
