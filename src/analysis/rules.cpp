#include "src/analysis/rules.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace roacache::analysis {
namespace {

constexpr std::string_view k_eviction = "https://redis.io/docs/latest/develop/reference/eviction/";
constexpr std::string_view k_info = "https://redis.io/docs/latest/commands/info/";
constexpr std::string_view k_latency =
    "https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/latency/";
constexpr std::string_view k_security =
    "https://redis.io/docs/latest/operate/oss_and_stack/management/security/";
constexpr std::string_view k_admin = "https://redis.io/docs/latest/operate/oss_and_stack/management/admin/";
constexpr std::string_view k_cluster = "https://redis.io/docs/latest/commands/cluster-info/";
constexpr std::string_view k_replication =
    "https://redis.io/docs/latest/operate/oss_and_stack/management/replication/";

constexpr std::array k_rules{
    Rule{"replica-link-down", "The replica has lost its primary", Level::error, judge_replica_link,
         k_replication},
    Rule{"replica-behind", "A replica is behind its primary", Level::warning, judge_replica_lag,
         k_replication},
    Rule{"replica-writable", "A replica takes writes, which its primary never sees", Level::warning,
         judge_writable_replica, k_replication},
    Rule{"sentinel-quorum", "The Sentinels could not put another server in the primary's place",
         Level::warning, nullptr, "https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/",
         true, judge_sentinels},
    Rule{"cluster-slots-uncovered", "The cluster does not serve all keys", Level::error, judge_slots,
         k_cluster, true},
    Rule{"slots-disputed", "The nodes do not agree on whose slots are whose", Level::error, nullptr,
         "https://redis.io/docs/latest/commands/cluster-setslot/", true, judge_disputed_slots},
    Rule{"open-slots", "Slots are open: their move between nodes was begun and not ended", Level::warning,
         judge_open_slots, "https://redis.io/docs/latest/commands/cluster-setslot/"},
    Rule{"persistence-failing", "Writes to the disk fail, and the server may refuse changes", Level::error,
         judge_failing_persistence,
         "https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/"},
    Rule{"no-maxmemory", "The server has no memory limit", Level::warning, judge_memory_limit, k_eviction},
    Rule{"maxmemory-above-memory", "The memory limit is more than there is", Level::warning,
         judge_limit_on_machine, k_eviction},
    Rule{"maxmemory-near-memory", "The memory limit leaves too little for what comes on top of it",
         Level::warning, judge_limit_near_memory,
         "https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/memory-optimization/"},
    Rule{"writes-refused", "Writes are refused, for the memory is full", Level::warning, judge_refused_writes,
         k_eviction},
    Rule{"policy-against-keys", "The eviction policy does not suit the keys", Level::warning, judge_policy,
         k_eviction},
    Rule{"evictions", "Entries are evicted long before they expire", Level::warning, judge_evictions,
         k_eviction},
    Rule{"fragmentation", "Much memory is lost to fragmentation", Level::warning, judge_fragmentation,
         "https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/memory-optimization/"},
    Rule{"swap", "Memory of the server is swapped out", Level::warning, judge_swap, k_latency},
    Rule{"client-buffers", "Clients' buffers take much of the memory", Level::warning, judge_client_buffers,
         "https://redis.io/docs/latest/develop/reference/clients/"},
    Rule{"cached-scripts", "The server keeps many scripts, which are never evicted", Level::warning,
         judge_cached_scripts, "https://redis.io/docs/latest/develop/programmability/eval-intro/"},
    Rule{"hit-rate-under-goal", "The hit rate is under the profile's goal", Level::warning, judge_hit_rate,
         k_info, true},
    Rule{"keys-without-ttl", "Entries of the cache never expire", Level::note, judge_missing_ttls,
         "https://redis.io/docs/latest/commands/expire/", true},
    Rule{"shared-with-other-applications", "Other applications keep their keys on this server",
         Level::warning, judge_sharing, "https://redis.io/docs/latest/commands/select/", true},
    Rule{"fork-time", "Forking stops the server for long", Level::warning, judge_fork, k_latency},
    Rule{"latency-events", "The server has recorded delays", Level::warning, judge_latency_events,
         "https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/latency-monitor/"},
    Rule{"slow-commands", "Commands have held the server up", Level::warning, judge_slow_commands,
         "https://redis.io/docs/latest/commands/slowlog-get/"},
    Rule{"keys-command", "KEYS is used, which looks at every key at once", Level::note, judge_keys_command,
         "https://redis.io/docs/latest/commands/keys/"},
    Rule{"blocked-clients", "Clients wait for keys: something here is no cache", Level::warning,
         judge_blocked_clients, k_info},
    Rule{"rejected-clients", "Clients were turned away", Level::warning, judge_rejected_clients,
         "https://redis.io/docs/latest/develop/reference/clients/"},
    Rule{"dead-connections", "Connections of clients that are gone are never closed", Level::warning,
         judge_keepalive, "https://redis.io/docs/latest/develop/reference/clients/"},
    Rule{"persistence-on-cache", "A pure cache is written to the disk", Level::warning, judge_persistence,
         "https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/"},
    Rule{"tls-off", "The connection is not encrypted", Level::warning, judge_tls,
         "https://redis.io/docs/latest/operate/oss_and_stack/management/security/encryption/"},
    Rule{"certificate-expires", "The server's certificate is about to expire", Level::warning,
         judge_certificate,
         "https://redis.io/docs/latest/operate/oss_and_stack/management/security/encryption/"},
    Rule{"default-user-without-password", "Anybody who reaches the server may do anything", Level::warning,
         judge_password, k_security},
    Rule{"unsupported-version", "The server's version gets no more security fixes", Level::warning,
         judge_version, "https://github.com/redis/redis/security/policy"},
    Rule{"replicas-on-one-host", "Replicas stand on the host of their primary", Level::warning,
         judge_replica_hosts, "https://redis.io/docs/latest/operate/oss_and_stack/management/scaling/", true},
    Rule{"primaries-on-one-host", "One host's loss takes the majority that elects replicas", Level::warning,
         judge_primary_hosts, "https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/",
         true},
    Rule{"cluster-node-away", "Nodes that are away are still counted to the cluster", Level::warning,
         judge_nodes_away, "https://redis.io/docs/latest/commands/cluster-forget/", true},
    Rule{"primary-without-replica", "A primary has no replica to take its place", Level::warning, nullptr,
         "https://redis.io/docs/latest/operate/oss_and_stack/management/scaling/", true,
         judge_lone_primaries},
    Rule{"servers-differ", "Servers of one cache are not set up alike", Level::warning, nullptr,
         k_replication, true, judge_differences},
    Rule{"transparent-huge-pages", "Transparent huge pages are on for every program", Level::warning,
         judge_huge_pages, k_latency},
    Rule{"overcommit-memory", "The kernel may refuse the memory that forking needs", Level::warning,
         judge_overcommit, k_admin},
    Rule{"somaxconn", "The kernel's queue of new connections is short", Level::note, judge_backlog,
         "https://redis.io/docs/latest/develop/reference/clients/"},
};

/// What is found, or not checked, for the same reason at several servers is told once.
void add(const Rule& rule, Outcome outcome, const std::string& server, Diagnosis& diagnosis) {
    if (!outcome.not_checked.empty()) {
        auto& list = diagnosis.not_checked;
        auto told = std::find_if(list.begin(), list.end(), [&](const Diagnosis::NotChecked& one) {
            return one.id == rule.id && one.why == outcome.not_checked;
        });
        if (told == list.end()) told = list.insert(told, {rule.id, std::move(outcome.not_checked)});
        if (!server.empty()) told->servers.push_back(server);
    }
    if (!outcome.found) return;
    Found& found = *outcome.found;
    const Level level = found.level.value_or(rule.level);
    const std::string title = found.title.empty() ? std::string(rule.title) : found.title;
    auto& list = diagnosis.findings;
    auto told = std::find_if(list.begin(), list.end(), [&](const Finding& one) {
        return one.id == rule.id && one.level == level && one.title == title;
    });
    std::vector<Place> places = std::move(found.places);
    if (!server.empty()) places.push_back({server, found.evidence});
    const std::string_view source = found.source.empty() ? rule.source : found.source;
    if (told == list.end()) told = list.insert(told, {rule.id, level, title, std::move(found), source});
    std::move(places.begin(), places.end(), std::back_inserter(told->places));
}

/// A remedy without the command that the server refuses to everybody.
std::string without_config(std::string remedy) {
    const std::string before = remedy;
    const auto replace = [&](std::string_view text, std::string_view other) {
        for (std::size_t at = remedy.find(text); at != std::string::npos; at = remedy.find(text, at))
            remedy.replace(at, text.size(), other);
    };
    for (const char* command :
         {"redis-cli -h HOST -p PORT CONFIG SET ", "redis-cli CONFIG SET ", "CONFIG SET "})
        replace(command, "the setting ");
    if (remedy == before) return remedy;
    replace(", and in redis.conf", "");
    return remedy +
           "; settings are made in redis.conf, or by a managed service's own console or parameter group";
}

Outcome with_possible_remedy(Outcome outcome, const Facts& facts) {
    if (outcome.found && !facts.server.has_config)
        outcome.found->remedy = without_config(std::move(outcome.found->remedy));
    return outcome;
}

/// As the first server, with what happened at all of them.
Facts together(const std::vector<Facts>& servers) {
    Facts all = servers.front();
    for (std::size_t i = 1; i < servers.size() && all.window.value; ++i) {
        const auto& other = servers[i].window;
        if (!other.value) {
            all.window = other;
            break;
        }
        all.window.value->hits += other.value->hits;
        all.window.value->misses += other.value->misses;
        all.window.value->evictions += other.value->evictions;
        all.window.value->rejected += other.value->rejected;
        all.window.value->metadata_lookups += other.value->metadata_lookups;
        all.window.value->refused_writes += other.value->refused_writes;
    }
    return all;
}

} // namespace

std::span<const Rule> all_rules() {
    return k_rules;
}

const char* name_of(Level level) {
    return level == Level::error ? "error" : level == Level::warning ? "warning" : "note";
}

std::optional<Level> level_called(std::string_view name) {
    for (const Level level : {Level::note, Level::warning, Level::error})
        if (name == name_of(level)) return level;
    return std::nullopt;
}

Diagnosis diagnose(const std::vector<Facts>& servers) {
    Diagnosis diagnosis;
    const Facts all = together(servers);
    for (const Rule& rule : all_rules()) {
        if (rule.judge_all != nullptr) {
            add(rule, with_possible_remedy(rule.judge_all(servers), servers.front()), "", diagnosis);
            continue;
        }
        if (rule.of_all || servers.size() == 1) {
            add(rule, with_possible_remedy(rule.judge(all), all), "", diagnosis);
            continue;
        }
        for (const Facts& one : servers)
            add(rule, with_possible_remedy(rule.judge(one), one), one.server.server, diagnosis);
    }
    for (Diagnosis::NotChecked& one : diagnosis.not_checked)
        if (one.servers.size() == servers.size()) one.servers.clear();
    std::stable_sort(diagnosis.findings.begin(), diagnosis.findings.end(),
                     [](const Finding& one, const Finding& other) { return one.level > other.level; });
    return diagnosis;
}

} // namespace roacache::analysis
