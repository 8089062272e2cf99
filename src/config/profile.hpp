#pragma once

#include "src/config/config_file.hpp"
#include "src/config/goals.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::config {

/// One form that a system's keys take. The template language is src/layout's; here it is only text.
struct LayoutSpec {
    std::string templ;    ///< `cache:{tenant}:{resource}:{segments*}:{hash}`
    std::string resource; ///< what such keys are called when the template has no {resource}; else empty
    std::string separator = ":";
    std::string pairs; ///< what is between name and value in the parts of `{…*}`; empty: these are no pairs
    std::string origin; ///< `FILE:LINE:COLUMN` of the template, for messages
};

/// How the system hashes a call's parameters into its keys.
struct HashSpec {
    std::string algorithm = "md5";
    unsigned digits = 12;
    std::vector<std::string> exclude; ///< names of parameters that take no part
};

enum class EventValue { none, optional, required };

/// What a change in the database makes stale.
struct Event {
    std::string name;
    std::string description;
    std::string caveat;                  ///< what the service's own rule leaves out; empty: nothing known
    EventValue value = EventValue::none; ///< whether `-e NAME=VALUE` takes a value
    std::vector<std::string> resources;  ///< names, or globs such as `dashboard_*`
    /// Globs over whole keys; `{value}` is the value and `{tenant}` the tenant that is meant, literally (`*`
    /// when every tenant is).
    std::vector<std::string> keys;
    /// Narrows `resources` when a value is given: a key with the named segment is stale only when that is
    /// this text (`{value}` is the value); a key without it is stale in any case.
    std::map<std::string, std::string> where;
};

struct TtlPolicy {
    std::optional<std::chrono::seconds> standard; ///< for resources not named
    std::map<std::string, std::chrono::seconds> resources;

    /// What the policy grants a resource; nothing when it says nothing.
    std::optional<std::chrono::seconds> of(const std::string& resource) const;
};

/// A cache within the service's own process, before the store: nothing that is done to the store reaches it.
struct MemoryTier {
    /// How long it may go on answering, at most; absent: as long as the store keeps a resource.
    std::optional<std::chrono::seconds> ttl;
};

/// Where an SQLite file has its entries: the names of a table and of its columns. What is empty is found by
/// looking.
struct SqliteNames {
    std::string table, key, value;
    std::string expires;      ///< a moment
    std::string created, ttl; ///< or a moment, and the seconds from it on
    std::string accessed;     ///< the moment of the last use
    /// What texts of moments without a zone are in: `utc`, `local`; empty: found by looking.
    std::string times;
    std::string resource;
    std::map<std::string, std::string> segments; ///< column by the name of the segment that it holds
    std::string log; ///< the table of lookups: cache_type, cache_hit, response_time_ms, timestamp
};

/// A cached system as data: what its keys look like and what its operators know about them.
struct Profile {
    std::string name;
    std::string description;
    std::vector<LayoutSpec> layouts; ///< tried in this order; at least one
    std::optional<HashSpec> hash;
    std::string default_tenant; ///< empty: the keys have no tenant
    TtlPolicy ttl;
    std::optional<MemoryTier> memory_tier; ///< absent: the service has none that is known
    SqliteNames sqlite;
    /// The addresses of the cache's tiers, deepest first, secrets included; used where no place that settings
    /// come from names an address. Empty: it says none.
    std::vector<std::string> tiers;
    std::string tiers_file; ///< that says these, as messages name it
    std::vector<Event> events;
    std::vector<std::string> targets; ///< what a benchmark asserts: `hit_rate >= 90%`
    /// What it asserts of an endpoint that answers from one resource, besides.
    std::map<std::string, std::vector<std::string>> endpoint_targets;
    Goals goals; ///< what `stats` is held against
    /// The service's own variables, by name: what each sets, one of service_settings().
    std::map<std::string, std::string> environment;
    bool off_unless_enabled = false; ///< the service takes a switch that is not set for off
    /// What a file of the user's put in place of what was known by the same name: `profile roa2web`, `event
    /// invoice-changed`; each once.
    std::vector<std::string> redefined;
    std::string file; ///< of the user's that it is from; empty: it is built in

    /// Throws core::Error(usage) naming the nearest one for an unknown name.
    const Event& event(std::string_view name) const;

    /// How long the service may still answer a resource from its memory tier after it was removed from the
    /// store. Absent: it has no such tier, or nothing limits it.
    std::optional<std::chrono::seconds> stale_at_most(const std::string& resource) const;

    /// The resources that the profile names anywhere: its layouts, TTLs and events. Keys may have others.
    std::vector<std::string> known_resources() const;

    /// Throws core::Error(usage), naming the nearest one, when no key of these layouts can be of the
    /// resource.
    void check_resource(const std::string& resource) const;
};

/// The profile that is used when none is named.
inline constexpr std::string_view k_default_profile = "roa2web";

std::vector<std::string> builtin_profile_names();

/// Throws core::Error(usage) naming the nearest one for an unknown name.
const Profile& builtin_profile(std::string_view name);

/// Every profile by name: the built-in ones and a user's.
using Profiles = std::map<std::string, Profile, std::less<>>;

const Profiles& builtin_profiles();

/// The built-in ones and those of files of settings, of which the first wins. Throws core::Error(usage) for a
/// malformed file, and for one that is not trusted and takes the name of a profile that is known.
Profiles all_profiles(const std::vector<ConfigFile>& config_files);

/// Reads a file that is one profile. `extends = "NAME"` takes all that the file does not say from a profile
/// of `known`: single values, `layouts`, `targets`, `hash` and the overall goals are replaced as a whole,
/// TTLs, events, environment variables and what is said of a resource one by one.
/// Throws core::Error(usage) `bad profile: SOURCE:LINE:COLUMN: WHY`.
Profile parse_profile(std::string_view text, const std::string& source, const Profiles& known);

/// Reads the `[profiles.NAME]` tables of a roacache.toml into `profiles`, each as parse_profile() does; one
/// may extend an earlier one of the file or a built-in one, and may take a built-in one's name. The file's
/// other tables are not looked at. Gives the names of those that were read. Throws as parse_profile().
std::vector<std::string> add_profiles(std::string_view text, const std::string& source, Profiles& profiles);

/// Whether a file is a roacache.toml with `[profiles.NAME]` tables rather than one profile. Throws as
/// parse_profile().
bool holds_profiles(std::string_view text, const std::string& source);

/// Whether the name of a profile is that of a file: it holds a slash or ends in `.toml`.
bool names_profile_file(std::string_view name);

/// Reads a file that is one profile, or a roacache.toml that holds exactly one. Throws as parse_profile(),
/// and core::Error(usage) when it holds several.
Profile profile_of_file(std::string_view text, const std::string& source, const Profiles& known);

/// Throws core::Error(usage) naming the nearest one for an unknown name.
const Profile& find_profile(const Profiles& profiles, std::string_view name);

} // namespace roacache::config
