#include "src/analysis/rules.hpp"

#include "src/analysis/cluster_nodes.hpp"
#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace roacache::analysis {
namespace {

constexpr std::uint64_t k_all_slots = 16'384;
constexpr std::size_t k_most_named = 3;
constexpr std::size_t k_most_addresses = 20;

using store::redis::Node;

/// Those that have slots or are what Sentinels watch, and of these the ones without a replica that works.
struct Primaries {
    std::uint64_t all = 0;
    std::vector<std::string> alone; ///< addresses
};

/// A node that does not know its own address is known to whoever asked it by one.
Primaries primaries_in(const std::vector<Node>& nodes, const std::string& asked_at) {
    Primaries primaries;
    for (const Node& primary : nodes) {
        if (!primary.primary || primary.slots.none()) continue;
        ++primaries.all;
        const bool has_replica = std::any_of(nodes.begin(), nodes.end(), [&](const Node& node) {
            return !node.primary && node.primary_id == primary.id && !is_away(node);
        });
        const bool knows_itself = !primary.asked || asked_at.empty() || !primary.address.host.empty();
        if (!has_replica) primaries.alone.push_back(knows_itself ? primary.address.text() : asked_at);
    }
    return primaries;
}

Outcome judge_alone(const Primaries& primaries, const char* remedy) {
    if (primaries.alone.empty()) return Outcome::sound();
    std::string named;
    for (std::size_t i = 0; i < std::min(primaries.alone.size(), k_most_addresses); ++i)
        named += (named.empty() ? "" : ", ") + primaries.alone[i];
    if (primaries.alone.size() > k_most_addresses) named += " ...";
    Found found;
    found.evidence = {{"primaries", primaries.all},
                      {"without_replica", primaries.alone.size()},
                      {"addresses", core::Untrusted(named)}};
    found.threshold = "a replica that is not away for each primary";
    found.remedy = remedy;
    if (primaries.alone.size() == primaries.all && primaries.all > 1)
        found.title = "No primary has a replica to take its place";
    return found;
}

/// Of nodes that came back as others; the cluster counts these slots as sound.
std::size_t slots_without_address(const Facts& facts) {
    const auto nodes = nodes_told(facts);
    std::size_t slots = 0;
    for (const Node& node : nodes.value.value_or(std::vector<Node>{}))
        if (node.unreached) slots += node.slots.count();
    return slots;
}

} // namespace

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
    const std::size_t lost = slots_without_address(facts);
    if (works && *assigned >= k_all_slots && failed.value_or(0) == 0 && lost == 0) return Outcome::sound();
    Found found;
    found.evidence = {{"slots_assigned", *assigned}};
    if (failed) found.evidence.emplace_back("slots_failed", *failed);
    if (state != fields.end()) found.evidence.emplace_back("cluster_state", core::Untrusted(state->second));
    if (lost > 0) found.evidence.emplace_back("slots_without_address", std::uint64_t{lost});
    found.threshold = fmt::format("all {} slots assigned, none of them to a failed node", k_all_slots);
    found.remedy = lost > 0
                       ? "redis-cli CLUSTER FAILOVER TAKEOVER, at a replica of the node that came back as "
                         "another; where it has none, --cluster fix HOST:PORT gives its slots to others"
                       : "redis-cli --cluster check HOST:PORT, then --cluster fix";
    return found;
}

/// Of slots that move each node knows its own alone. Valkey's replicas repeat what their primary says.
Outcome judge_open_slots(const Facts& facts) {
    if (!facts.server.info.value) return Outcome::unknown(facts.server.info.why_not);
    if (!facts.is_cluster()) return Outcome::sound();
    const auto nodes = nodes_told(facts);
    if (!nodes.value) return Outcome::unknown(nodes.why_not);
    Found found;
    for (const Node& node : *nodes.value) {
        if (!node.asked || !node.primary) continue;
        if (node.migrating.any())
            found.evidence.emplace_back("migrating_slots",
                                        core::Untrusted(store::redis::ranges_of(node.migrating)));
        if (node.importing.any())
            found.evidence.emplace_back("importing_slots",
                                        core::Untrusted(store::redis::ranges_of(node.importing)));
    }
    if (found.evidence.empty()) return Outcome::sound();
    found.threshold = "no slot migrating or importing, but while slots are moved";
    found.remedy = "where nobody moves slots just now: redis-cli --cluster fix HOST:PORT";
    return found;
}

/// Each node knows best what is its own. A slot that others take for a node's, and that this does not, sends
/// clients in circles, while every node says that all is well.
Outcome judge_disputed_slots(std::span<const Facts> servers) {
    if (!servers.front().server.info.value) return Outcome::unknown(servers.front().server.info.why_not);
    if (!servers.front().is_cluster()) return Outcome::sound();
    store::redis::SlotSet own, twice, others;
    std::set<std::string> asked, owners;
    bool moves = false;
    for (const Facts& facts : servers) {
        const auto nodes = nodes_told(facts);
        if (!nodes.value) continue;
        for (const Node& node : *nodes.value) {
            moves = moves || node.migrating.any() || node.importing.any();
            if (node.failed) continue; // whose slots nobody serves, and another rule tells of
            others |= node.slots;
            if (node.slots.any()) owners.insert(node.id);
            if (!node.asked || !asked.insert(node.id).second) continue;
            twice |= own & node.slots;
            own |= node.slots;
        }
    }
    if (!std::includes(asked.begin(), asked.end(), owners.begin(), owners.end()) || asked.empty())
        return Outcome::unknown("not every node that has slots tells its own");
    // The nodes were asked one after another.
    if (moves) return Outcome::unknown("slots are on their way between nodes");
    const auto unowned = others & ~own;
    if (twice.none() && unowned.none()) return Outcome::sound();
    Found found;
    if (unowned.any())
        found.evidence.emplace_back("owned_by_nobody", core::Untrusted(store::redis::ranges_of(unowned)));
    if (twice.any())
        found.evidence.emplace_back("owned_twice", core::Untrusted(store::redis::ranges_of(twice)));
    found.threshold = "each slot owned by one node, by its own word";
    found.remedy = "redis-cli -h HOST -p PORT CLUSTER SETSLOT SLOT NODE ID, at each primary and of the one "
                   "that is to own it";
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
            if (replica.address == primary.address) continue; // a service's, which shows its proxy alone
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

/// A server that stands alone is none of a group. What Sentinels watch tells itself who is linked to it.
Outcome judge_lone_primaries(std::span<const Facts> servers) {
    const Facts& first = servers.front();
    if (!first.server.info.value) return Outcome::unknown(first.server.info.why_not);
    if (first.is_cluster()) {
        const auto nodes = nodes_told(first);
        if (!nodes.value) return Outcome::unknown(nodes.why_not);
        return judge_alone(primaries_in(*nodes.value, first.server.server),
                           "redis-cli --cluster add-node NEW:PORT HOST:PORT --cluster-slave "
                           "--cluster-master-id ID, for each of them");
    }
    if (first.server.server.empty()) return Outcome::sound();
    Primaries primaries;
    for (const Facts& facts : servers) {
        if (facts.info("role") != "master") continue;
        const auto replicas = facts.count("connected_slaves");
        if (!replicas) return Outcome::unknown(facts.why_no_info("connected_slaves"));
        ++primaries.all;
        if (*replicas == 0) primaries.alone.push_back(facts.server.server);
    }
    if (primaries.all == 0) return Outcome::unknown("the primary does not tell");
    return judge_alone(primaries,
                       "REPLICAOF HOST PORT on another server; the Sentinels find it by themselves");
}

} // namespace roacache::analysis
