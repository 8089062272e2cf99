#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <type_traits>

namespace roacache::store::redis {
namespace {

std::optional<core::Untrusted> field(const Fields& fields, std::string_view name) {
    const auto found = fields.find(name);
    if (found == fields.end() || found->second.empty()) return std::nullopt;
    return core::Untrusted(found->second);
}

template <typename Number>
std::optional<Number> number(const Fields& fields, std::string_view name) {
    const auto text = field(fields, name);
    if (!text) return std::nullopt;
    Number value{};
    const std::string& digits = text->bytes();
    const char* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    if constexpr (std::is_floating_point_v<Number>)
        if (!std::isfinite(value)) return std::nullopt;
    return value;
}

/// Servers that imitate Redis state the Redis version that they imitate, and their own as well.
void read_kind(const Fields& fields, Info& info) {
    for (const char* kind : {"valkey", "dragonfly", "keydb", "kvrocks", "garnet"}) {
        const std::string own = std::string(kind) + "_version";
        if (const auto version = field(fields, own)) {
            info.kind = core::Untrusted(kind);
            info.version = version;
            return;
        }
    }
    info.version = field(fields, "redis_version");
    if (const auto name = field(fields, "server_name"))
        info.kind = name;
    else if (field(fields, "mvcc_depth")) // KeyDB has no name of its own there, but a field
        info.kind = core::Untrusted("keydb");
    else if (info.version)
        info.kind = core::Untrusted("redis");
}

std::optional<core::Untrusted> role_name(const std::optional<core::Untrusted>& word) {
    return word == "slave" ? core::Untrusted("replica") : word;
}

/// What is behind `name=` in a list such as `keys=12,expires=3,avg_ttl=0`.
std::string_view value_in(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        const std::string_view item = list.substr(0, list.find(','));
        list.remove_prefix(std::min(item.size() + 1, list.size()));
        if (item.starts_with(name) && item.substr(name.size(), 1) == "=") return item.substr(name.size() + 1);
    }
    return {};
}

template <typename Number>
std::optional<Number> number_of(std::string_view list, std::string_view name) {
    const std::string_view text = value_in(list, name);
    Number number{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

/// Of each database that has keys, `db0:keys=12,expires=3,avg_ttl=0`: the number behind `name=`; absent where
/// one does not have it.
std::optional<std::map<unsigned, std::uint64_t>> of_databases(const Fields& fields, std::string_view name) {
    std::map<unsigned, std::uint64_t> list;
    bool complete = true;
    for (const auto& [line, text] : fields) {
        unsigned database = 0;
        const auto parsed = std::from_chars(line.data() + std::min<std::size_t>(line.size(), 2),
                                            line.data() + line.size(), database);
        const bool numbered = parsed.ec == std::errc() && parsed.ptr == line.data() + line.size();
        if (!line.starts_with("db") || !numbered || !number_of<std::uint64_t>(text, "keys")) continue;
        const auto number = number_of<std::uint64_t>(text, name);
        complete = complete && number;
        list[database] = number.value_or(0);
    }
    return complete ? std::optional(list) : std::nullopt;
}

/// Whether keys are there that the policy lets the server evict; absent where it is not known.
std::optional<bool> can_evict(const Fields& fields, const core::Untrusted& policy) {
    if (policy == "noeviction") return false;
    const bool any_key = policy.bytes().starts_with("allkeys-");
    if (!any_key && !policy.bytes().starts_with("volatile-")) return std::nullopt;
    const auto counts = of_databases(fields, any_key ? "keys" : "expires");
    if (!counts) return std::nullopt;
    return std::any_of(counts->begin(), counts->end(), [](const auto& count) { return count.second > 0; });
}

/// As the server itself decides: it does not count the buffers of its replicas and of its append-only file,
/// and a replica leaves it to its primary.
std::optional<bool> refuses_writes(const Fields& fields, const Statistics& statistics) {
    const auto& used = statistics.memory_used;
    const auto& limit = statistics.memory_limit;
    if (!used || !limit) return std::nullopt;
    if (*limit == 0 || *used <= *limit) return false;
    const auto uncounted = number<std::uint64_t>(fields, "mem_not_counted_for_evict");
    if (!uncounted || !statistics.memory_policy) return std::nullopt;
    if (*used - std::min(*used, *uncounted) <= *limit) return false;
    if (field(fields, "role") != "master") return std::nullopt;
    const auto evicts = can_evict(fields, *statistics.memory_policy);
    return evicts ? std::optional(!*evicts) : std::nullopt;
}

} // namespace

Fields parse_info(std::string_view text) {
    constexpr std::string_view k_master = "master_", k_several = "Master ";
    Fields fields;
    std::string of_several; // older versions of KeyDB have the same names again, behind a line `Master 1:`
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::size_t colon = line.find(':');
        if (line.starts_with('#') || colon == std::string_view::npos) continue;
        const std::string_view name = line.substr(0, colon);
        const bool again = !of_several.empty() && name.starts_with(k_master) && fields.contains(name);
        fields.emplace(again ? of_several + std::string(name.substr(k_master.size())) : std::string(name),
                       line.substr(colon + 1));
        if (name.starts_with(k_several))
            of_several = fmt::format("{}{}_", k_master, name.substr(k_several.size()));
    }
    // Valkey's own name for it.
    if (const auto mode = fields.find("server_mode"); mode != fields.end())
        fields.emplace("redis_mode", mode->second);
    return fields;
}

Fields parse_hello(const Reply& reply) {
    Fields fields;
    for (std::size_t at = 0; at + 1 < reply.elements.size(); at += 2)
        fields.emplace(reply.elements[at].text, reply.elements[at + 1].text);
    return fields;
}

std::optional<std::uint64_t> number_in(const Fields& fields, std::string_view name) {
    return number<std::uint64_t>(fields, name);
}

std::optional<std::uint64_t> count_metadata_lookups(const Fields& commandstats) {
    constexpr std::string_view k_commands[] = {"cmdstat_ttl",         "cmdstat_pttl", "cmdstat_expiretime",
                                               "cmdstat_pexpiretime", "cmdstat_type", "cmdstat_object"};
    if (commandstats.empty()) return std::nullopt;
    std::uint64_t sum = 0;
    for (const auto& [name, text] : commandstats) {
        // Subcommands have a line of their own since Redis 7: cmdstat_object|idletime.
        const std::string_view command = std::string_view(name).substr(0, name.find('|'));
        if (std::find(std::begin(k_commands), std::end(k_commands), command) == std::end(k_commands))
            continue;
        constexpr std::string_view k_calls = "calls=";
        if (!text.starts_with(k_calls)) continue;
        std::uint64_t calls = 0;
        std::from_chars(text.data() + k_calls.size(), text.data() + text.size(), calls);
        sum = calls > ~sum ? ~std::uint64_t{0} : sum + calls;
    }
    return sum;
}

Info read_info(const Fields& fields, const Fields& hello, const Fields& cluster) {
    Info info;
    read_kind(fields, info);
    if (!info.kind) info.kind = field(hello, "server");
    if (!info.version) info.version = field(hello, "version");
    info.role = role_name(field(fields, "role"));
    if (!info.role) info.role = role_name(field(hello, "role"));
    info.topology = field(fields, "redis_mode");
    if (!info.topology) info.topology = field(hello, "mode");
    if (info.topology == "cluster") info.cluster_nodes = number_in(cluster, "cluster_known_nodes");
    if (!is_replica(fields) && info.role != "replica") return info;
    const std::vector<PrimaryLink> links = primary_links_in(fields);
    const auto lost =
        std::find_if_not(links.begin(), links.end(), [](const PrimaryLink& link) { return link.is_up(); });
    const auto told = lost == links.end() ? links.begin() : lost;
    if (told == links.end()) return info;
    info.link = told->status;
    info.primary = told->primary;
    return info;
}

bool is_replica(const Fields& fields) {
    const auto role = field(fields, "role");
    return role == "slave" || role == "active-replica";
}

std::vector<PrimaryLink> primary_links_in(const Fields& fields) {
    std::vector<PrimaryLink> links;
    for (std::size_t i = 0;; ++i) {
        const std::string prefix = i == 0 ? "master_" : fmt::format("master_{}_", i);
        const auto status = field(fields, prefix + "link_status");
        if (!status) return links;
        PrimaryLink& link = links.emplace_back();
        link.status = *status;
        const auto host = field(fields, prefix + "host");
        const auto port = number<std::uint16_t>(fields, prefix + "port");
        if (host && port) link.primary = core::Untrusted(net::HostPort{host->bytes(), *port}.text());
        link.filling = field(fields, prefix + "sync_in_progress") == "1";
        link.down_for_s = number_in(fields, prefix + "link_down_since_seconds");
        link.left_bytes = number_in(fields, prefix + "sync_left_bytes");
    }
}

std::vector<Replica> replicas_in(const Fields& fields) {
    std::vector<Replica> replicas;
    for (std::size_t number = 0;; ++number) {
        const auto line = fields.find("slave" + std::to_string(number));
        if (line == fields.end()) return replicas;
        Replica& replica = replicas.emplace_back();
        replica.address = {std::string(value_in(line->second, "ip")),
                           number_of<std::uint16_t>(line->second, "port").value_or(0)};
        replica.offset = number_of<std::uint64_t>(line->second, "offset").value_or(0);
        replica.online = value_in(line->second, "state") == "online";
        replica.heard_ago_s = number_of<std::uint64_t>(line->second, "lag");
    }
}

Statistics read_statistics(const Fields& info) {
    Statistics statistics;
    statistics.hits = number<std::uint64_t>(info, "keyspace_hits");
    statistics.misses = number<std::uint64_t>(info, "keyspace_misses");
    statistics.evictions = number<std::uint64_t>(info, "evicted_keys");
    statistics.expirations = number<std::uint64_t>(info, "expired_keys");
    statistics.memory_used = number<std::uint64_t>(info, "used_memory");
    statistics.memory_peak = number<std::uint64_t>(info, "used_memory_peak");
    statistics.memory_limit = number<std::uint64_t>(info, "maxmemory");
    statistics.memory_policy = field(info, "maxmemory_policy");
    statistics.memory_fragmentation = number<double>(info, "mem_fragmentation_ratio");
    statistics.databases = of_databases(info, "keys").value_or(std::map<unsigned, std::uint64_t>());
    statistics.refuses_writes = refuses_writes(info, statistics);
    statistics.run_id = field(info, "run_id");
    statistics.clients = number<std::uint64_t>(info, "connected_clients");
    statistics.uptime_s = number<std::uint64_t>(info, "uptime_in_seconds");
    return statistics;
}

} // namespace roacache::store::redis
