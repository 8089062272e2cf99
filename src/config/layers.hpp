#pragma once

#include "src/config/settings.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::config {

/// The names that the served systems use for a setting, such as REDIS_URL for `url`; the first that is set
/// counts.
using ServiceNames = std::vector<std::string>;

/// A value as a service's variable may hold it: Docker keeps the quotes of its --env-file, and people leave
/// blanks around.
std::string without_quotes(std::string text);

struct Found {
    std::string value;  ///< not empty, unless it is malformed
    std::string origin; ///< as in Setting
    Trust trust = Trust::builtin;
    std::size_t layer = 0;   ///< as in Setting
    bool of_service = false; ///< a service's variable
    std::string malformed;   ///< `FILE:LINE: WHY` where the value is unreadable; else empty
    /// Where in the value of a .env file the first text of the environment is; npos: nowhere.
    std::size_t from_environment = std::string::npos;
    bool all_from_environment = false; ///< and it holds nothing else

    /// The file of the origin; empty when it is none.
    std::string file() const;
};

/// Whether the value is true (`true`, `1`, `on` …), in any case. Throws core::Error(usage) when it is not
/// false either.
bool parse_switch(const Found& found);

/// One place that may know a setting.
struct Layer {
    enum class Kind { flags, own_variables, service_variables, toml };
    Kind kind = Kind::flags;
    std::string prefix; ///< of an origin: `environment `, `prod.env: `
    Variables values;
    Variables malformed; ///< as EnvFile::malformed
    Trust trust = Trust::flag;
    std::size_t index = 0;                                   ///< its place in the order of precedence
    Variables incomplete;                                    ///< as EnvFile::incomplete
    std::map<std::string, FromEnvironment> from_environment; ///< as EnvFile::from_environment
    std::vector<std::string> tiers{}; ///< addresses of one cache, deepest first; empty: it names none

    /// A setting by its own name (`url`, or ROACACHE_URL among variables), or by the names that services use
    /// for it.
    std::optional<Found> setting(const std::string& name, const ServiceNames& service_names = {}) const;
    /// The first of these variables that is set; nothing in layers of another kind than a service's.
    std::optional<Found> variable(const ServiceNames& names) const;
    /// The same for what says where the store is: a value that lacks a part is malformed.
    std::optional<Found> address(const std::string& name, const ServiceNames& service_names) const;
    std::optional<Found> address_part(const ServiceNames& names) const;
    /// A variable of a .env file whose name is one of these but for the case, as a malformed one.
    std::optional<Found> miscased(const ServiceNames& names) const;

  private:
    std::optional<Found> value(const std::string& name) const;
    std::optional<Found> whole_value(const std::string& name) const;
};

struct Layers {
    std::vector<Layer> layers; ///< in the contract's order, the winning one first
    std::vector<ConfigFile> config_files;
    std::vector<std::string> warnings; ///< about the .env file
    std::string env_file;              ///< empty: none was named
    std::size_t env_file_layer = 0;    ///< of its service's variables

    std::optional<Found> first(const std::string& name, const ServiceNames& service_names = {}) const;
    /// Adds a layer at the end.
    void add(Layer layer);
    /// Adds two: roacache's own variables, then the service's.
    void add_variables(const std::string& prefix, const EnvFile& variables, Trust trust);
    /// Adds the settings of a roacache.toml, and the file to `config_files`. Throws core::Error(usage) when
    /// it is malformed.
    void add_toml(ConfigFile file);
};

/// Reads every file that the inputs name. Throws core::Error(usage) for a file that was named and cannot be
/// read, or is malformed.
Layers read_layers(const Inputs& inputs);

} // namespace roacache::config
