#pragma once

#include "src/core/untrusted.hpp"
#include "src/net/tls.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace roacache::store {

/// What was answered, or why it was not, in a few printable words.
template <typename Value>
struct Told {
    std::optional<Value> value;
    std::string why_not;
};

/// One of the kinds of delay that the server keeps a record of (LATENCY LATEST).
struct LatencyEvent {
    core::Untrusted name;    ///< `command`, `fork`, `expire-cycle` …
    std::int64_t when_s = 0; ///< the last one, since 1970
    std::uint64_t latest_ms = 0, longest_ms = 0;
};

/// One line of the slow log, without its arguments.
struct SlowCommand {
    core::Untrusted name;
    std::int64_t when_s = 0; ///< since 1970
    std::uint64_t microseconds = 0;
};

/// A command and its arguments.
using CommandWords = std::vector<std::string>;

/// Which of some commands the user may run; nothing of them was run.
struct Permissions {
    enum class Basis : std::uint8_t {
        dry_run,     ///< the server was asked (ACL DRYRUN)
        transaction, ///< they were queued in a transaction that was given up
    };
    Basis basis = Basis::dry_run;
    /// Of each command in turn why it cannot be run, printable; empty: it can.
    std::vector<std::string> why_not;
};

/// What one of the Sentinels that watch a primary says of whether they could put another in its place.
struct SentinelReport {
    std::string sentinel;         ///< its address; printable
    Told<core::Untrusted> quorum; ///< the answer to SENTINEL CKQUORUM, `OK …` or `NOQUORUM …`
};

/// What a server says of itself: more than Info and Statistics, and as it says it.
struct SelfReport {
    using Fields = std::map<std::string, std::string, std::less<>>;

    std::string server;  ///< of several, its address; printable; empty: there is one
    Told<Fields> info;   ///< the fields of INFO, all sections and `commandstats`
    Told<Fields> config; ///< settings by name; no secrets are among them
    Told<std::vector<LatencyEvent>> latency;
    Told<std::vector<SlowCommand>> slow_log; ///< the latest 128
    Told<std::string> cluster_info;          ///< CLUSTER INFO; only of a cluster's node
    Told<std::string> cluster_nodes;         ///< CLUSTER NODES; likewise
    Told<core::Untrusted> user;              ///< that this connection is logged in as
    Told<bool> open_to_all;                  ///< anybody may log in as the default user without a password
    bool open_is_limited = false;            ///< and may not run every command then
    bool has_config = true;        ///< false: CONFIG is refused to everybody, as managed services do
    bool has_users = true;         ///< false: likewise ACL
    Told<Permissions> permissions; ///< of the commands that were asked about
    std::optional<net::CertificateDates> certificate; ///< that it has shown; absent without TLS
    std::vector<SentinelReport> sentinels;            ///< of the first of several; empty: none watch over it
};

} // namespace roacache::store
