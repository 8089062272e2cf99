#include "src/analysis/rules.hpp"

#include "src/store/redis/server_info.hpp"
#include "src/store/redis/topology/node.hpp"

#include <fmt/format.h>

namespace roacache::analysis {
namespace {

constexpr std::uint64_t k_all_slots = 16'384;
constexpr std::size_t k_most_named = 3;

using store::redis::Node;

/// A name that is announced goes before the address.
const std::string& host_of(const Node& node) {
    return node.host_name.empty() ? node.address.host : node.host_name;
}

bool is_away(const Node& node) {
    return node.failed || node.suspected;
}

/// Of a cluster, by one of its nodes.
store::Told<std::vector<Node>> nodes_told(const Facts& facts) {
    const auto& text = facts.server.cluster_nodes;
    if (!text.value) return {std::nullopt, text.why_not};
    auto nodes = store::redis::parse_nodes(*text.value);
    if (!nodes) return {std::nullopt, "CLUSTER NODES: the answer is none"};
    return {std::move(nodes), {}};
}

} // namespace

Outcome judge_replica_link(const Facts& facts) {
    const auto role = facts.info("role");
    if (!role) return Outcome::unknown(facts.why_no_info("role"));
    if (*role != "slave") return Outcome::sound();
    const auto link = facts.info("master_link_status");
    if (!link) return Outcome::unknown(facts.why_no_info("master_link_status"));
    if (*link == "up") return Outcome::sound();
    Found found;
    found.evidence = {{"master_link_status", core::Untrusted(*link)}};
    if (const auto host = facts.info("master_host"))
        found.evidence.emplace_back("primary", core::Untrusted(*host));
    if (const auto down = facts.count("master_link_down_since_seconds"))
        found.evidence.emplace_back("down_for_s", *down);
    found.threshold = "up";
    found.remedy = "look at the primary, the network and masterauth; what the replica holds grows old";
    return found;
}

Outcome judge_slots(const Facts& facts) {
    if (!facts.server.info.value) return Outcome::unknown(facts.server.info.why_not);
    if (!facts.is_cluster()) return Outcome::sound();
    if (!facts.server.cluster_info.value) return Outcome::unknown(facts.server.cluster_info.why_not);
    const auto fields = store::redis::parse_info(*facts.server.cluster_info.value);
    const auto assigned = store::redis::number_in(fields, "cluster_slots_assigned");
    const auto failed = store::redis::number_in(fields, "cluster_slots_fail");
    const auto state = fields.find("cluster_state");
    if (!assigned) return Outcome::unknown("CLUSTER INFO has no cluster_slots_assigned");
    const bool works = state == fields.end() || state->second == "ok";
    if (works && *assigned >= k_all_slots && failed.value_or(0) == 0) return Outcome::sound();
    Found found;
    found.evidence = {{"slots_assigned", *assigned}};
    if (failed) found.evidence.emplace_back("slots_failed", *failed);
    if (state != fields.end()) found.evidence.emplace_back("cluster_state", core::Untrusted(state->second));
    found.threshold = fmt::format("all {} slots assigned, none of them to a failed node", k_all_slots);
    found.remedy = "redis-cli --cluster check HOST:PORT, then --cluster fix";
    return found;
}

Outcome judge_replica_hosts(const Facts& facts) {
    if (!facts.server.info.value) return Outcome::unknown(facts.server.info.why_not);
    if (!facts.is_cluster()) return Outcome::sound();
    const auto nodes = nodes_told(facts);
    if (!nodes.value) return Outcome::unknown(nodes.why_not);
    std::string named;
    std::uint64_t endangered = 0, replicated = 0;
    for (const Node& primary : *nodes.value) {
        if (!primary.primary) continue;
        std::size_t replicas = 0, elsewhere = 0;
        for (const Node& replica : *nodes.value) {
            if (replica.primary_id != primary.id || is_away(replica)) continue;
            ++replicas;
            elsewhere += host_of(replica) != host_of(primary) ? 1 : 0;
        }
        replicated += replicas > 0 ? 1 : 0;
        if (replicas == 0 || elsewhere > 0) continue;
        if (endangered++ < k_most_named) named += (named.empty() ? "" : ", ") + host_of(primary);
    }
    if (endangered == 0) return Outcome::sound();
    Found found;
    found.evidence = {{"primaries", replicated},
                      {"with_all_replicas_on_their_host", endangered},
                      {"hosts", core::Untrusted(named)}};
    found.threshold = "a replica on another host for each primary that has any";
    found.remedy = "redis-cli --cluster add-node NEW:PORT HOST:PORT --cluster-slave --cluster-master-id ID, "
                   "on another host";
    return found;
}

} // namespace roacache::analysis
