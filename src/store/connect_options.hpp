#pragma once

#include "src/config/profile.hpp"
#include "src/core/clock.hpp"
#include "src/net/tls.hpp"
#include "src/net/url.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace roacache::store {

/// How to reach and to be let in by a store, besides what its URL says.
struct ConnectOptions {
    net::TlsOptions tls;
    core::Nanoseconds timeout = std::chrono::seconds(5); ///< to connect, and for every answer
    std::optional<std::string> user;                     ///< goes before the URL's
    std::optional<std::string> password;                 ///< goes before the URL's
    /// What is looked at is asked of replicas alone, and nothing can be changed; of clusters and Sentinels.
    bool reads_replicas = false;
    /// Of Sentinels; without them they are asked without any, and with the cache's where they want some.
    std::optional<std::string> sentinel_user = {}, sentinel_password = {};
    std::optional<std::string> token = {}; ///< of a management API
    std::string dialect = {};              ///< of a management API; empty: found by asking
    /// Where a server is reached that a cluster or a Sentinel names by an address of its own network: what it
    /// is named, and what to connect to; without a port any, and the same.
    std::vector<std::pair<net::HostPort, net::HostPort>> node_map = {};
    config::SqliteNames sqlite = {}; ///< of the profile
    std::string login_hint = {};     ///< what may be wrong with these, for the remedy of a refused login
};

} // namespace roacache::store
