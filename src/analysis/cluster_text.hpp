#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roacache::analysis {

/// One line of CLUSTER NODES.
struct ClusterNode {
    std::string id, host; ///< the host as announced, without its port
    std::string primary;  ///< of a replica: the id of its primary; empty: it is one
    bool failed = false;  ///< marked as failed, for certain or maybe
    unsigned slots = 0;
};

/// The nodes that the text of CLUSTER NODES lists; lines that are none are passed over, and so are nodes
/// whose address is not known.
std::vector<ClusterNode> parse_cluster_nodes(std::string_view text);

/// `host` of `host:port@bus,name`; empty where it has none. A name that is announced goes before the address.
std::string host_of_node(std::string_view address);

} // namespace roacache::analysis
