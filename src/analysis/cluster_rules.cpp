// What a cluster's layout over its hosts, and what it remembers of its nodes, mean for a failure.

#include "src/analysis/rules.hpp"

#include "src/analysis/cluster_nodes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <set>

namespace roacache::analysis {
namespace {

using store::redis::k_slots;
using store::redis::Node;

constexpr std::size_t k_most_shown = 3;

/// What is lost with one host.
struct Machine {
    std::string name; ///< as it is announced
    std::uint64_t primaries = 0, slots = 0;
};

/// A cluster over its hosts, as far as the addresses tell them apart.
struct Spread {
    std::map<std::string, Machine> machines; ///< by address, with a node that is not away
    std::uint64_t voters = 0;                ///< primaries that have slots; those that are away count, too
    std::uint64_t answering = 0;             ///< of these
    bool behind_proxy = false;               ///< several nodes have one address
};

Spread spread_of(const std::vector<Node>& nodes, const std::string& asked_at) {
    Spread spread;
    std::set<std::string> addresses;
    for (const Node& node : nodes) {
        const bool votes = node.primary && node.slots.any();
        spread.voters += votes ? 1 : 0;
        if (is_away(node)) continue;
        spread.behind_proxy |= !addresses.insert(node.address.text()).second;
        const std::string address = machine_of(node, asked_at);
        Machine& machine = spread.machines[address.empty() ? node.id : address];
        machine.name = host_of(node).empty() ? address : host_of(node);
        if (!votes) continue;
        ++spread.answering;
        ++machine.primaries;
        machine.slots += node.slots.count();
    }
    return spread;
}

Found found_at(const std::vector<const Machine*>& machines, const Spread& spread) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(machines.size(), k_most_shown); ++i)
        names.push_back(machines[i]->name);
    const Machine& worst = *machines.front();
    Found found;
    found.evidence = {{"hosts", core::Untrusted(fmt::format("{}", fmt::join(names, ", ")))},
                      {"primaries_there", worst.primaries},
                      {"primaries", spread.voters},
                      {"slots_share", static_cast<double>(worst.slots) / static_cast<double>(k_slots)}};
    found.threshold = "whichever host is away, a majority of the primaries is left to elect replicas, and no "
                      "host has a third of the slots beyond its share of the primaries";
    found.remedy =
        spread.machines.size() < 3
            ? "primaries on three hosts or more: of two one always has the majority"
            : "redis-cli -h HOST -p PORT CLUSTER FAILOVER, at a replica that one of these primaries has on "
              "another host; where there is none, add one";
    return found;
}

/// How many nodes, without slots, have no address any more.
std::uint64_t nodes_without_address(std::string_view text) {
    std::uint64_t count = 0;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const std::size_t flags = line.find(' ', line.find(' ') + 1);
        if (flags == std::string_view::npos) continue;
        const bool lost = line.substr(flags + 1, line.find(' ', flags + 1) - flags).find("noaddr") !=
                          std::string_view::npos;
        constexpr int k_blanks_without_slots = 7;
        count += lost && std::count(line.begin(), line.end(), ' ') == k_blanks_without_slots ? 1 : 0;
    }
    return count;
}

} // namespace

/// Replicas are elected by the majority of all primaries that have slots (Redis cluster specification,
/// "Replica election and promotion"). A cluster on one host altogether is meant to be, and its replicas there
/// are another rule's.
Outcome judge_primary_hosts(const Facts& facts) {
    if (!facts.server.info.value) return Outcome::unknown(facts.server.info.why_not);
    if (!facts.is_cluster()) return Outcome::sound();
    const auto nodes = nodes_told(facts);
    if (!nodes.value) return Outcome::unknown(nodes.why_not);
    const Spread spread = spread_of(*nodes.value, facts.server.server);
    if (spread.behind_proxy || spread.machines.size() < 2) return Outcome::sound();
    const std::uint64_t majority = spread.voters / 2 + 1;
    const std::uint64_t fair = (spread.answering + spread.machines.size() - 1) / spread.machines.size();
    std::vector<const Machine*> deciding, large;
    for (const auto& [address, machine] : spread.machines) {
        if (machine.primaries < 2) continue;
        if (spread.answering - machine.primaries < majority) deciding.push_back(&machine);
        if (machine.primaries > fair && 3 * machine.slots >= k_slots) large.push_back(&machine);
    }
    std::vector<const Machine*>& worst = deciding.empty() ? large : deciding;
    if (worst.empty()) return Outcome::sound();
    std::stable_sort(worst.begin(), worst.end(), [](const Machine* one, const Machine* other) {
        return one->primaries > other->primaries;
    });
    Found found = found_at(worst, spread);
    if (!deciding.empty()) return found;
    found.level = Level::note;
    found.title = "One host has more of the primaries than its share";
    return found;
}

/// Those that have slots are another rule's.
Outcome judge_nodes_away(const Facts& facts) {
    if (!facts.server.info.value) return Outcome::unknown(facts.server.info.why_not);
    if (!facts.is_cluster()) return Outcome::sound();
    const auto nodes = nodes_told(facts);
    if (!nodes.value) return Outcome::unknown(nodes.why_not);
    const std::uint64_t lost = nodes_without_address(*facts.server.cluster_nodes.value);
    std::vector<std::string> named;
    std::uint64_t away = 0;
    for (const Node& node : *nodes.value)
        if (node.failed && node.slots.none() && ++away <= k_most_shown)
            named.push_back(fmt::format("{} {}", node.address.text(), node.id));
    if (away + lost == 0) return Outcome::sound();
    Found found;
    found.evidence = {{"nodes", nodes.value->size() + lost}, {"away", away}};
    if (away > 0)
        found.evidence.emplace_back("of_these", core::Untrusted(fmt::format("{}", fmt::join(named, ", "))));
    if (lost > 0) found.evidence.emplace_back("without_address", lost);
    found.threshold = "every node that the cluster knows answers";
    found.remedy = "start it again; one that is gone for good: redis-cli --cluster call HOST:PORT CLUSTER "
                   "FORGET ID";
    return found;
}

} // namespace roacache::analysis
