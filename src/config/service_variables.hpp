#pragma once

#include "src/config/layers.hpp"

#include <span>
#include <string>
#include <vector>

namespace roacache::config {

/// The variables that the service of a profile is configured by.
struct ServiceVariables {
    ServiceNames url, host, port, database, tls, user, password, enabled, disabled, timeout, default_ttl,
        memory_ttl;
    bool names_parts = false; ///< the profile's service reads host, port or database
    bool names_url = false;   ///< and a whole URL
    std::string profile;
    bool off_unless_enabled = false; ///< as Profile::off_unless_enabled
};

/// What a variable of a service may set, by the name that a profile's `[environment]` gives it.
struct ServiceSetting {
    std::string name;                                ///< `url`
    ServiceNames ServiceVariables::*names = nullptr; ///< null: it is only shown with the profile
    ServiceNames usual = {};                         ///< where the profile names none
    ServiceNames always = {};                        ///< behind these or the profile's
};

/// All there are. To add a variable that services use: its name in one of these.
std::span<const ServiceSetting> service_settings();

/// Those of the profile's `[environment]`; for a setting that it does not name, the usual ones (REDIS_URL,
/// REDIS_HOST, DISABLE_CACHE …). A profile that is unknown or malformed names none.
ServiceVariables service_variables(const std::string& profile, const std::vector<ConfigFile>& config_files);

/// The tiers that a profile names, as a layer behind all others; without any where it names none, or is
/// unknown or malformed. They are trusted as their file is; one that is no file of settings, as whoever named
/// it, `named_by`, up to what a file is trusted that is named.
Layer tiers_of_profile(const std::string& profile, Trust named_by,
                       const std::vector<ConfigFile>& config_files);

} // namespace roacache::config
