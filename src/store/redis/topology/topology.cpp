#include "src/store/redis/topology/topology.hpp"

#include <algorithm>

namespace roacache::store::redis {

net::HostPort mapped(const net::HostPort& announced,
                     const std::vector<std::pair<net::HostPort, net::HostPort>>& node_map) {
    for (const auto& [from, to] : node_map)
        if (from == announced || (from.port == 0 && from.host == announced.host))
            return {to.host, to.port != 0 ? to.port : announced.port};
    return announced;
}

const Node* find_node(const std::vector<Node>& nodes, const std::string& id) {
    const auto found =
        std::find_if(nodes.begin(), nodes.end(), [&](const Node& node) { return node.id == id; });
    return found == nodes.end() ? nullptr : &*found;
}

const Node* owner_of(std::size_t slot, const std::vector<Node>& primaries) {
    const auto found =
        std::find_if(primaries.begin(), primaries.end(), [&](const Node& node) { return node.slots[slot]; });
    return found == primaries.end() ? nullptr : &*found;
}

SlotSet served_by(const std::vector<Node>& primaries) {
    SlotSet served;
    for (const Node& node : primaries)
        if (node.asked) served |= node.slots;
    return served;
}

} // namespace roacache::store::redis
