#pragma once

#include "src/config/env_file.hpp"
#include "src/core/clock.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace roacache::config {

/// A value and, for people, where it came from: `--url`, `environment REDIS_URL`, `prod.env: REDIS_URL`,
/// `roacache.toml: url`, `default`.
template <typename T>
struct Setting {
    T value{};
    std::string origin = "default";

    bool is_default() const { return origin == "default"; }
};

enum class Color { automatic, always, never };

/// What every command is told before it starts.
struct Settings {
    Setting<std::string> url; ///< as given, secrets included: print net::Url::redacted() only
    Setting<std::string> profile;
    Setting<std::string> output; ///< a format's name; empty: by the stream
    Setting<Color> color;
    Setting<core::Nanoseconds> timeout;
    Setting<std::string> user;                   ///< for a URL without one; empty: none
    Setting<std::string> password;               ///< for a URL without one; empty: none
    Setting<std::string> token;                  ///< of a management API; empty: none
    Setting<std::string> cacert, cert, key_file; ///< PEM files; empty: none
    Setting<std::string> server_name;            ///< that a TLS server is asked for; empty: the host's
    Setting<bool> insecure;
    Setting<bool> cache_enabled;                           ///< REDIS_ENABLED, DISABLE_CACHE
    Setting<std::optional<core::Nanoseconds>> default_ttl; ///< CACHE_DEFAULT_TTL, CACHE_TTL_SECONDS
    bool quiet = false;
    bool verbose = false;
    std::vector<std::filesystem::path> config_files; ///< those read, the one that wins first

    /// The URL always, then a line for each setting that is not at its default: `timeout: 250 ms
    /// (--timeout)`. `redacted_url` is the URL as it may be printed; passwords and tokens show as `***`.
    std::vector<std::string> explain(const std::string& redacted_url) const;
};

/// What is known before any file is read.
struct Inputs {
    Variables flags; ///< by long name without dashes: `url`, `timeout`, `password-file`, `insecure` (`true`)
    Variables environment;           ///< the process's
    std::filesystem::path directory; ///< where roacache.toml is looked for; empty: the current one
    bool quiet = false;
    bool verbose = false;
};

/// Reads the files that the flags and the environment name and settles every setting in the order of the
/// contract: flag, ROACACHE_* environment, the service's own variables, --env-file, ./roacache.toml (or
/// --config), the user's config.toml, default. An empty variable is none. Throws core::Error(usage) naming
/// the origin of a value that does not fit, and file, line and column of bad TOML.
Settings resolve(const Inputs& inputs);

} // namespace roacache::config
