#pragma once

#include "src/demo/cache/cache.hpp"
#include "src/demo/cache/redis_tier.hpp"
#include "src/demo/http/limits.hpp"
#include "src/demo/ledger/generator.hpp"
#include "src/demo/ledger/ledger_file.hpp"
#include "src/demo/traps.hpp"
#include "src/demo/users.hpp"
#include "src/demo/warn.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace roacache::demo {

struct ServiceOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0; ///< 0: the system chooses
    /// The second tier: empty for a SQLite file of the service's own, `sqlite:PATH` for a certain one, a URL
    /// of a Redis server, or `none` for no cache at all, neither tier.
    std::string cache;
    std::uint64_t rows = k_default_ledger_rows; ///< invoices; k_least_ledger_rows to k_most_ledger_rows
    std::filesystem::path cache_folder = default_cache_folder(); ///< where the generated ledger is cached
    std::uint64_t l1_bytes = std::uint64_t{64} << 20;
    store::ConnectOptions redis; ///< certificates, user and password; its timeout is not used
    RedisTiming redis_timing;
    /// A channel of the second tier's Redis server on which invalidations are told (`roacache invalidate
    /// --notify`): the first tier then drops what they name. Empty: none.
    std::string listen_to;
    std::vector<std::string>
        hosts;         ///< names that requests may call the service by, besides its own addresses
    std::string token; ///< that the management API wants as bearer; empty: one is made, for the switches only
    std::vector<User> users;  ///< besides the administrator, whose that token is
    bool logs_lookups = true; ///< in `performance_log`, in the SQLite file of the second tier
    Traps traps;
    HttpLimits limits;
    Warn warn = [](const std::string&) {};
};

struct Counters : CacheCounters {
    std::uint64_t origin_queries = 0;
    std::uint64_t l1_entries = 0;
    std::uint64_t l1_bytes = 0;
    std::uint64_t l1_evictions = 0;
};

/// The reference service: a web service over a real database that caches as the accounting portal of the
/// built-in profile does. Serves from the end of construction to stop(). Works on a copy of the ledger, so
/// that every service starts from the same state.
class Service {
  public:
    /// Takes as long as generating the ledger does where none is cached, else a moment. Throws core::Error:
    /// unreachable when the port is taken; usage for options that cannot be; a Redis that is away is no
    /// error.
    explicit Service(ServiceOptions options);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    std::uint16_t port() const;
    std::string base_url() const; ///< `http://127.0.0.1:PORT`, without a slash at the end
    bool open_to_network() const; ///< whether others than this machine can reach it
    /// What the switches of the management API want as bearer: the one that was given, or 32 random
    /// hexadecimal digits.
    const std::string& token() const;

    /// Answers what is under way, closes all connections and returns. May be called again.
    void stop();

    Counters counters() const;

    /// Drops every entry of both tiers.
    void empty_cache();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace roacache::demo
