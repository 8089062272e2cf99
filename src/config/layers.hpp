#pragma once

#include "src/config/settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::config {

/// The names that the served systems use for a setting, such as REDIS_URL for `url`; the first that is set
/// counts.
using ServiceNames = std::vector<std::string>;

struct Found {
    std::string value;  ///< not empty, unless it is malformed
    std::string origin; ///< as in Setting
    Trust trust = Trust::builtin;
    std::size_t layer = 0;   ///< as in Setting
    bool of_service = false; ///< a service's variable
    std::string malformed;   ///< `FILE:LINE: WHY` where the file does not tell the value; else empty

    /// The file of the origin; empty when it is none.
    std::string file() const;
};

/// One place that may know a setting.
struct Layer {
    enum class Kind { flags, own_variables, service_variables, toml };
    Kind kind = Kind::flags;
    std::string prefix; ///< of an origin: `environment `, `prod.env: `
    Variables values;
    Variables malformed; ///< as EnvFile::malformed
    Trust trust = Trust::flag;
    std::size_t index = 0; ///< its place in the order of precedence

    /// A setting by its own name (`url`, or ROACACHE_URL among variables), or by the names that services use
    /// for it.
    std::optional<Found> setting(const std::string& name, const ServiceNames& service_names = {}) const;
    /// The first of these variables that is set; nothing in layers of another kind than a service's.
    std::optional<Found> variable(const ServiceNames& names) const;

  private:
    std::optional<Found> value(const std::string& name) const;
};

struct Layers {
    std::vector<Layer> layers; ///< in the contract's order, the winning one first
    std::vector<ConfigFile> config_files;
    std::vector<std::string> warnings;

    std::optional<Found> first(const std::string& name, const ServiceNames& service_names = {}) const;
    /// Adds a layer at the end.
    void add(Layer layer);
    /// Adds two: roacache's own variables, then the service's.
    void add_variables(const std::string& prefix, const Variables& values, const Variables& malformed,
                       Trust trust);
    /// Adds the settings of a roacache.toml, and the file to `config_files`. Throws core::Error(usage) when
    /// it is malformed.
    void add_toml(ConfigFile file);
};

/// Reads every file that the inputs name. Throws core::Error(usage) for a file that was named and cannot be
/// read, or is malformed.
Layers read_layers(const Inputs& inputs);

} // namespace roacache::config
