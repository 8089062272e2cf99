#pragma once

#include "src/analysis/rules.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::test {

/// Of a server that nothing is wrong with, in its own words.
inline analysis::Facts sound_facts() {
    analysis::Facts facts;
    facts.server.info.value = {{"redis_version", "7.2.13"},
                               {"redis_mode", "standalone"},
                               {"os", "Linux 6.1.0 x86_64"},
                               {"process_id", "4711"},
                               {"run_id", "f71639f5727cf3e762af7206e0ed0488cfb29e21"},
                               {"uptime_in_seconds", "864000"},
                               {"server_time_usec", "1795000000000000"},
                               {"connected_clients", "12"},
                               {"maxclients", "10000"},
                               {"blocked_clients", "0"},
                               {"used_memory", "1073741824"},
                               {"used_memory_rss", "1181116006"},
                               {"mem_fragmentation_ratio", "1.10"},
                               {"mem_clients_normal", "41024"},
                               {"maxmemory", "2147483648"},
                               {"maxmemory_policy", "allkeys-lru"},
                               {"total_system_memory", "8589934592"},
                               {"aof_enabled", "0"},
                               {"rdb_last_bgsave_status", "ok"},
                               {"aof_last_write_status", "ok"},
                               {"aof_last_bgrewrite_status", "ok"},
                               {"number_of_cached_scripts", "3"},
                               {"total_error_replies", "17"},
                               {"latest_fork_usec", "812"},
                               {"keyspace_hits", "900"},
                               {"keyspace_misses", "100"},
                               {"evicted_keys", "0"},
                               {"rejected_connections", "0"},
                               {"role", "master"},
                               {"connected_slaves", "0"},
                               {"db0", "keys=1000,expires=1000,avg_ttl=120000"}};
    facts.server.config.value = {{"save", ""},
                                 {"appendonly", "no"},
                                 {"bind", "10.0.0.5"},
                                 {"protected-mode", "yes"},
                                 {"port", "6379"},
                                 {"tls-port", "0"},
                                 {"latency-monitor-threshold", "100"},
                                 {"stop-writes-on-bgsave-error", "yes"},
                                 {"tcp-keepalive", "300"},
                                 {"timeout", "0"}};
    facts.server.latency.value.emplace();
    facts.server.slow_log.value.emplace();
    facts.server.open_to_all.value = false;
    facts.tls = true;
    facts.with_password = true;
    facts.today = "2025-11-27";
    facts.now_s = 1'795'000'000;
    facts.server.certificate = {1'790'000'000, 1'820'000'000};
    facts.keys.value = analysis::KeySample{1'000, 1'000, 1'000, 0, 0, {}};
    facts.window.value = analysis::Window{10, 950, 50, 0, 0, 0};
    facts.host.value = analysis::Host{
        "process 4711 of this machine is redis-server", "madvise", 1, 4'096, 0, true, std::uint64_t{8} << 30};
    facts.profile = "roa2web";
    facts.goals = {config::parse_goal("hit_rate > 90%", "goal")};
    return facts;
}

/// The same with another field of INFO.
inline analysis::Facts with_info(std::string_view name, std::string value,
                                 analysis::Facts facts = sound_facts()) {
    (*facts.server.info.value)[std::string(name)] = std::move(value);
    return facts;
}

inline analysis::Facts with_setting(std::string_view name, std::string value,
                                    analysis::Facts facts = sound_facts()) {
    (*facts.server.config.value)[std::string(name)] = std::move(value);
    return facts;
}

/// `warning no-maxmemory`, one a line, of what is found; with `note`s too.
inline std::string found_in(const std::vector<analysis::Facts>& servers) {
    std::string text;
    for (const analysis::Finding& finding : analysis::diagnose(servers).findings)
        text +=
            (text.empty() ? "" : "\n") + std::string(name_of(finding.level)) + " " + std::string(finding.id);
    return text;
}
inline std::string found_in(const analysis::Facts& facts) {
    return found_in(std::vector{facts});
}

/// Why a rule could not be checked; empty: it was.
inline std::string not_checked(const analysis::Facts& facts, std::string_view id) {
    for (const auto& one : analysis::diagnose(facts).not_checked)
        if (one.id == id) return one.why;
    return {};
}

} // namespace roacache::test
