#pragma once

#include "src/analysis/facts.hpp"
#include "src/store/redis/topology/node.hpp"

#include <string>
#include <vector>

namespace roacache::analysis {

/// The nodes of a cluster, as one of them tells; those without an address are left out.
store::Told<std::vector<store::redis::Node>> nodes_told(const Facts& facts);

/// A name that is announced goes before the address.
const std::string& host_of(const store::redis::Node& node);
/// The address that tells hosts apart, whatever name is announced for it; empty where it is not known. A node
/// that does not know its own is known to whoever asked it by one.
std::string machine_of(const store::redis::Node& node, const std::string& asked_at);
/// Whether somebody in the cluster finds that the node does not answer.
bool is_away(const store::redis::Node& node);

} // namespace roacache::analysis
