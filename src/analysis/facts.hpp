#pragma once

#include "src/config/goals.hpp"
#include "src/store/self_report.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace roacache::analysis {

/// What some of the server's keys are. Shares are of `looked_at`.
struct KeySample {
    std::uint64_t looked_at = 0;
    std::uint64_t in_database = 0; ///< how many there are, as far as the server tells; else `looked_at`
    std::uint64_t recognised = 0;  ///< by the profile
    /// That never expire; absent where the server does not tell times to live.
    std::optional<std::uint64_t> without_ttl, recognised_without_ttl;
    std::map<std::string, std::uint64_t> other_prefixes; ///< of keys that are not recognised; printable

    /// Whether so many are not recognised that somebody else keeps them here.
    bool has_others() const;
    static constexpr double k_most_others = 0.01;
};

/// What has happened between two looks at the server's counters.
struct Window {
    double seconds = 0;
    std::uint64_t hits = 0, misses = 0, evictions = 0, rejected = 0;
    std::uint64_t metadata_lookups = 0; ///< among hits and misses: what asked for times to live and the like
    std::uint64_t refused_writes = 0;   ///< for the memory was full
};

/// Of the machine that the server runs on.
struct Host {
    std::string why_here;                       ///< how it is known that this is the machine; printable
    std::optional<std::string> huge_pages;      ///< `always`, `madvise`, `never`
    std::optional<std::uint64_t> overcommit;    ///< vm.overcommit_memory: 0, 1, 2
    std::optional<std::uint64_t> somaxconn;     ///< net.core.somaxconn
    std::optional<std::uint64_t> swapped_bytes; ///< of the server's process
    std::optional<bool> takes_huge_pages;       ///< false: the server's process has declined them for itself
    std::optional<std::uint64_t> memory_bytes;  ///< of the machine, or fewer that the process is allowed
};

/// All that findings are made of. What is not known is absent, with the reason where there is one to tell.
struct Facts {
    store::SelfReport server;
    unsigned database = 0;      ///< that the cache is in
    bool tls = false;           ///< the connection is encrypted
    bool same_host = false;     ///< it is to a Unix socket or a loopback address
    bool with_password = false; ///< it was opened with one
    std::string today;          ///< `2026-01-31`
    std::int64_t now_s = 0;     ///< since 1970, by this machine's clock
    store::Told<KeySample> keys;
    store::Told<Window> window;
    store::Told<Host> host;
    std::string profile;
    std::vector<config::Goal> goals;        ///< of the whole cache
    std::chrono::seconds standard_ttl{300}; ///< that the profile grants

    /// A field of INFO; absent where there is none, or where it is empty.
    std::optional<std::string> info(std::string_view name) const;
    std::optional<std::uint64_t> count(std::string_view name) const; ///< likewise, a whole number
    std::optional<double> number(std::string_view name) const;       ///< likewise
    /// The whole number behind `part`, such as `count=`, in a field of several.
    std::optional<std::uint64_t> figure(std::string_view name, std::string_view part) const;
    std::optional<std::string> setting(std::string_view name) const; ///< of CONFIG; may be empty
    /// Why INFO does not have the field, or not as a figure.
    std::string why_no_info(std::string_view name) const;
    std::string why_no_setting(std::string_view name) const;

    /// `redis`, `valkey`, `dragonfly` …, and its own version, as far as INFO tells.
    std::optional<core::Untrusted> kind() const, version() const;

    /// `maxmemory`, 0 where there is none: of INFO, else of CONFIG, which is where old servers and some
    /// services tell it.
    std::optional<std::uint64_t> memory_limit() const;

    bool is_cluster() const;
    /// Whether it forks to write to its disk, as far as it is known.
    std::optional<bool> writes_to_disk() const;
    /// Likewise, for that or to fill replicas.
    std::optional<bool> forks() const;
    /// `db0` …: databases besides the cache's that have keys.
    std::vector<std::string> other_databases() const;
    /// Whether others keep their keys on this server, as far as is known.
    bool is_shared() const;
    /// How many keys there are in each database that has some, by its number, as far as the server tells.
    std::map<unsigned, std::uint64_t> databases() const;

    /// Whether the profile recognises some of the keys that were looked at, so that it is the right one.
    bool profile_fits() const;
    /// The moment by the server's own clock where it tells that, in seconds since 1970.
    std::int64_t server_now_s() const;
};

} // namespace roacache::analysis
