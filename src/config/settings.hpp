#pragma once

#include "src/config/config_file.hpp"
#include "src/config/env_file.hpp"
#include "src/core/clock.hpp"
#include "src/core/error.hpp"

#include <cstddef>
#include <filesystem>
#include <limits>
#include <memory>
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
    Trust trust = Trust::builtin;
    /// Of the place it came from in the order of precedence; 0 wins over all.
    std::size_t layer = std::numeric_limits<std::size_t>::max();
    bool took_environment = false; ///< of a .env file, with a variable of the environment in it
    /// Why there is no value, though one was meant; a command that can do without it goes on.
    std::shared_ptr<const core::Error> problem{};

    bool is_default() const { return origin == "default"; }

    /// The value. Throws `problem` when there is one.
    const T& required() const {
        if (problem) throw core::Error(*problem);
        return value;
    }
};

enum class Color { automatic, always, never };

/// What the layers say of the store's address: the whole URL of the highest precedence, and the parts that
/// come before it. store::put_together() makes one URL of them.
struct Address {
    Setting<std::string> url;
    std::optional<Setting<std::string>> host, port, database;
    std::optional<Setting<bool>> tls; ///< whether a server that is named by parts speaks it
    std::vector<std::string> notes;   ///< variables that were passed over, and why
    bool by_service = false;          ///< variables of the service say some of it
    /// Why it is not from the .env file that was named, though nothing of a higher precedence gives it:
    /// `prod.env names no address (REDIS_URL, REDIS_HOST)`; else empty. What changes the store refuses such
    /// an address.
    std::string passed_env_file;

    bool whole() const { return !host && !port && !database && !(tls && tls->value); }
};

/// What every command is given before it starts.
struct Settings {
    Address address;
    Setting<std::string> url; ///< of `address`, secrets included: print net::Url::redacted() only
    /// The addresses of one cache's tiers, deepest first, where there are several; the first is `url`.
    std::vector<Setting<std::string>> tiers;
    Setting<std::string> profile;
    Setting<std::string> output; ///< a format's name; empty: by the stream
    Setting<Color> color;
    Setting<core::Nanoseconds> timeout;
    Setting<std::string> user;                             ///< for a URL without one; empty: none
    Setting<std::string> password;                         ///< for a URL without one; empty: none
    Setting<std::string> token;                            ///< of a management API; empty: none
    Setting<std::string> sentinel_user, sentinel_password; ///< of Sentinels themselves; empty: none
    /// `OLD=NEW` by commas: where servers are reached that a cluster or a Sentinel names by other addresses.
    Setting<std::string> node_map;
    Setting<std::string> dialect;                ///< of a management API; empty: found by asking
    Setting<std::string> cacert, cert, key_file; ///< PEM files; empty: none
    Setting<std::string> server_name;            ///< that a TLS server is asked for; empty: the host's
    Setting<bool> insecure;
    Setting<bool> cache_enabled; ///< REDIS_ENABLED, DISABLE_CACHE
    /// Why the service as it is configured does not use this cache, though nothing switches it off; empty: it
    /// may use it.
    std::string unused;
    Setting<std::optional<core::Nanoseconds>> default_ttl; ///< CACHE_DEFAULT_TTL, CACHE_TTL_SECONDS
    Setting<std::optional<core::Nanoseconds>> memory_ttl;  ///< of the service's memory tier: CACHE_L1_TTL
    bool quiet = false;
    bool verbose = false;
    std::vector<ConfigFile> config_files;   ///< those read, the one that wins first
    std::vector<std::string> file_warnings; ///< lines of a .env file that could not be understood
    /// Reported when the command did not need what they are about: variables of the service that could not be
    /// understood.
    std::vector<std::string> warnings;

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
    std::vector<std::string> tiers{}; ///< every --url, where it was given several times
};

/// Reads the files that the flags and the environment name and settles every setting in the order of the
/// contract: flag, ROACACHE_* environment, the service's own variables, --env-file, ./roacache.toml (or
/// --config), the user's config.toml, default. An empty variable is none. The service's variables are those
/// of the profile, and the usual ones for what it does not name. Throws core::Error(usage) naming the origin
/// of a value that does not fit, and file, line and column of bad TOML; a variable of the service that does
/// not fit, and what an untrusted file may not say, become the setting's `problem`.
Settings resolve(const Inputs& inputs);

struct Layers;
/// As resolve(), of what was read.
Settings settle(Layers layers);

} // namespace roacache::config
