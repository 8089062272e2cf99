#pragma once

#include "src/config/layers.hpp"

#include <string>

namespace roacache::config {

/// The variables that the service of a profile is configured by.
struct ServiceVariables {
    ServiceNames url, host, port, database, tls, user, password, enabled, disabled, timeout, default_ttl;
    bool names_parts = false; ///< the profile's service reads host, port or database
    bool names_url = false;   ///< and a whole URL
    std::string profile;
    bool off_unless_enabled = false; ///< as Profile::off_unless_enabled
};

/// Those of the profile's `[environment]`; for a setting that it does not name, the usual ones (REDIS_URL,
/// REDIS_HOST, DISABLE_CACHE …). A profile that is unknown or malformed names none.
ServiceVariables service_variables(const std::string& profile, const std::vector<ConfigFile>& config_files);

} // namespace roacache::config
