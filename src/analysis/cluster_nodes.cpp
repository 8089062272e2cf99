#include "src/analysis/cluster_nodes.hpp"

namespace roacache::analysis {

using store::redis::Node;

store::Told<std::vector<Node>> nodes_told(const Facts& facts) {
    const auto& text = facts.server.cluster_nodes;
    if (!text.value) return {std::nullopt, text.why_not};
    auto nodes = store::redis::parse_nodes(*text.value);
    if (!nodes) return {std::nullopt, "CLUSTER NODES: the answer is none"};
    return {std::move(nodes), {}};
}

const std::string& host_of(const Node& node) {
    return node.host_name.empty() ? node.address.host : node.host_name;
}

std::string machine_of(const Node& node, const std::string& asked_at) {
    if (!node.address.host.empty() || !node.asked) return node.address.host;
    std::string host = asked_at.substr(0, asked_at.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return host;
}

bool is_away(const Node& node) {
    return node.failed || node.suspected;
}

} // namespace roacache::analysis
