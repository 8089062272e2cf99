#pragma once

#include "src/analysis/facts.hpp"
#include "src/analysis/finding.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::analysis {

/// To add one: a function of the facts in a file of its subject, and an entry in rules.cpp.
struct Rule {
    std::string_view id;
    std::string_view title; ///< what is wrong where it finds something
    Level level = Level::warning;
    Outcome (*judge)(const Facts& facts) = nullptr;
    std::string_view source; ///< a public document that says so
    bool of_all = false;     ///< it is about what several servers are together, and is judged once
    /// Instead of `judge`: of all servers, at least one, where what each says matters.
    Outcome (*judge_all)(std::span<const Facts> servers) = nullptr;
};

/// Every rule, in the order in which findings of one level are told.
std::span<const Rule> all_rules();

struct Diagnosis {
    struct NotChecked {
        std::string_view id;
        std::string why;                       ///< printable
        std::vector<std::string> servers = {}; ///< of several; empty: all, or there is one
    };
    std::vector<Finding> findings; ///< the most serious first
    std::vector<NotChecked> not_checked;
};

/// Holds every rule against the facts of a server, or of at least one server that hold a cache together.
Diagnosis diagnose(const std::vector<Facts>& servers);
inline Diagnosis diagnose(const Facts& facts) {
    return diagnose(std::vector{facts});
}

// The memory limit: limit_rules.cpp.
Outcome judge_memory_limit(const Facts& facts);
Outcome judge_limit_on_machine(const Facts& facts);
Outcome judge_limit_near_memory(const Facts& facts);
Outcome judge_refused_writes(const Facts& facts);

// Memory and what is evicted: memory_rules.cpp.
Outcome judge_policy(const Facts& facts);
Outcome judge_evictions(const Facts& facts);
Outcome judge_fragmentation(const Facts& facts);
Outcome judge_swap(const Facts& facts);
Outcome judge_client_buffers(const Facts& facts);
Outcome judge_cached_scripts(const Facts& facts);

// What the keys are and how they serve: key_rules.cpp.
Outcome judge_hit_rate(const Facts& facts);
Outcome judge_sharing(const Facts& facts);
Outcome judge_missing_ttls(const Facts& facts);

// What makes clients wait: delay_rules.cpp.
Outcome judge_fork(const Facts& facts);
Outcome judge_latency_events(const Facts& facts);
Outcome judge_slow_commands(const Facts& facts);
Outcome judge_keys_command(const Facts& facts);
Outcome judge_blocked_clients(const Facts& facts);
Outcome judge_rejected_clients(const Facts& facts);

// How the server is set up: setup_rules.cpp.
Outcome judge_persistence(const Facts& facts);
Outcome judge_failing_persistence(const Facts& facts);
Outcome judge_keepalive(const Facts& facts);
Outcome judge_tls(const Facts& facts);
Outcome judge_certificate(const Facts& facts);
Outcome judge_password(const Facts& facts);
Outcome judge_version(const Facts& facts);
Outcome judge_huge_pages(const Facts& facts);
Outcome judge_overcommit(const Facts& facts);
Outcome judge_backlog(const Facts& facts);

// Replicas and Sentinels: replica_rules.cpp.
Outcome judge_replica_link(const Facts& facts);
Outcome judge_replica_lag(const Facts& facts);
Outcome judge_writable_replica(const Facts& facts);
Outcome judge_sentinels(std::span<const Facts> servers);

// Clusters, and who can take whose place: node_rules.cpp, cluster_rules.cpp.
Outcome judge_primary_hosts(const Facts& facts);
Outcome judge_nodes_away(const Facts& facts);
Outcome judge_slots(const Facts& facts);
Outcome judge_open_slots(const Facts& facts);
Outcome judge_replica_hosts(const Facts& facts);
Outcome judge_disputed_slots(std::span<const Facts> servers);
Outcome judge_lone_primaries(std::span<const Facts> servers);
Outcome judge_differences(std::span<const Facts> servers); // group_rules.cpp

} // namespace roacache::analysis
