#include "src/store/redis/topology/cluster.hpp"

#include "src/core/interrupt.hpp"
#include "src/output/text.hpp"
#include "src/store/redis/errors.hpp"
#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace roacache::store::redis {
namespace {

core::Error not_of_cluster(const std::string& peer, bool tls) {
    return {core::ExitCode::refused,
            fmt::format("refused: {}: this is a single server, and no node of a cluster", peer),
            fmt::format("Name it by {}://{}.", tls ? "rediss" : "redis", peer)};
}

core::Error announces_no_port(const std::string& host, bool tls) {
    core::Error error(core::ExitCode::unreachable,
                      fmt::format("cannot connect: {}: the node announces no port for connections {} TLS",
                                  output::printable(host), tls ? "over" : "without"),
                      tls ? "With tls-cluster yes nodes announce their TLS ports."
                          : "Nodes that speak TLS alone are named by rediss+cluster://.");
    error.set_lasting();
    return error;
}

/// A user who may not ask for the nodes may be allowed what clients of the cluster ask.
std::vector<Node> nodes_of(Server& server, bool tls) {
    return server.converse([&] {
        const Reply reply = server.connection().ask({"CLUSTER", "NODES"});
        if (reply.is_error() && is_not_available(reply.text)) {
            const Reply slots = server.connection().ask({"CLUSTER", "SLOTS"});
            if (reply.text.find("cluster support disabled") != std::string::npos)
                throw not_of_cluster(server.name(), tls);
            if (slots.is_error()) throw server_error(server.name(), reply.text);
            auto nodes = parse_slots(slots);
            if (!nodes) throw not_understood(server.name(), "CLUSTER SLOTS");
            return std::move(*nodes);
        }
        if (reply.is_error()) throw server_error(server.name(), reply.text);
        auto nodes = reply.is_string() ? parse_nodes(reply.text) : std::nullopt;
        if (!nodes) throw not_understood(server.name(), "CLUSTER NODES");
        return std::move(*nodes);
    });
}

/// Of two that say that a slot is theirs, the one with the later epoch is right (Redis cluster specification,
/// "Hash slots configuration propagation").
void settle_claims(std::vector<Node>& primaries) {
    for (Node& node : primaries)
        for (const Node& other : primaries)
            if (other.epoch > node.epoch) node.slots &= ~other.slots;
}

} // namespace

std::string Cluster::name() const {
    if (url_.kind == net::UrlKind::unix_socket) return url_.path;
    return (last_seed_.port != 0 ? last_seed_ : url_.hosts.front()).text();
}

/// One that tells no address of its own is where the cluster was asked.
net::HostPort Cluster::address_of(const Node& node) const {
    const bool tells = !node.address.host.empty() && node.address.host != "?";
    return {tells ? node.address.host : last_seed_.host, node.address.port};
}

/// CLUSTER NODES has addresses, whatever the cluster prefers; CLUSTER SLOTS has what clients go by. Absent
/// where it tells of none of the nodes.
std::optional<Cluster::Endpoint> Cluster::preferred_by(Server& server, const std::vector<Node>& nodes) {
    const Reply reply = server.ask_if_tolerated({"CLUSTER", "SLOTS"});
    if (reply.is_error()) return Endpoint::address;
    std::optional<Endpoint> preferred;
    for (const Reply& range : reply.elements)
        for (const Reply& part : range.elements) {
            if (part.elements.size() < 3) continue; // the first and the last slot
            const std::string& host = part.elements[0].text;
            const Node* const node = find_node(nodes, part.elements[2].text);
            if (node == nullptr || node->address.host.empty()) continue;
            if (host.empty()) return Endpoint::as_asked;
            if (host == node->host_name && host != node->address.host) return Endpoint::host_name;
            preferred = Endpoint::address;
        }
    return preferred;
}

/// Where clients are to reach the node.
net::HostPort Cluster::endpoint_of(const Node& node) const {
    net::HostPort endpoint = address_of(node);
    if (preferred_ == Endpoint::host_name && !node.host_name.empty()) endpoint.host = node.host_name;
    if (preferred_ == Endpoint::as_asked && !last_seed_.host.empty()) endpoint.host = last_seed_.host;
    return endpoint;
}

Server Cluster::open(const Node& node) const {
    net::Url url = url_;
    url.database.reset();
    const net::HostPort address = address_of(node), endpoint = endpoint_of(node);
    if (address.host.empty()) return {url, options_}; // by the socket
    if (mapped(address, options_.node_map).port == 0) throw announces_no_port(address.host, url.tls);
    Announced announced{address, node.host_name, kind()};
    if (endpoint != address) announced.endpoint = endpoint;
    return open_announced(url, options_, announced);
}

Server Cluster::open_seed(const net::HostPort& seed) const {
    net::Url url = url_;
    url.database.reset();
    if (url.kind != net::UrlKind::unix_socket) url.hosts = {seed};
    return open_named(url, options_);
}

std::vector<Node> Cluster::ask_seed(const net::HostPort& seed, Server server) {
    if (server.field("redis_mode") == "sentinel") throw is_sentinel(server.name());
    std::vector<Node> nodes = nodes_of(server, url_.tls);
    if (!preferred_) preferred_ = preferred_by(server, nodes);
    for (Node& node : nodes)
        if (node.asked && node.address.host.empty()) node.address.host = seed.host;
    return nodes;
}

/// Those of the URL, and the members that no connection leads to.
std::vector<Cluster::Candidate> Cluster::candidates() const {
    const bool by_socket = url_.kind == net::UrlKind::unix_socket;
    std::vector<Candidate> list;
    for (const net::HostPort& seed : by_socket ? std::vector{net::HostPort{"", 0}} : url_.hosts)
        list.push_back({seed, [this, seed] { return open_seed(seed); }});
    for (const Node& node : members_)
        if (!by_socket && !node.failed && !open_.contains(node.id))
            list.push_back({endpoint_of(node), [this, &node] { return open(node); }});
    return list;
}

/// What the first says that knows of an owner for each slot, or else of the most: a node that is known, or
/// one of the URL's. A node that has left the cluster, or was started anew without its configuration, knows
/// of none; one that was told to forget others does not know of all. One that refuses, as a single server
/// does, keeps no other from being asked.
std::vector<Node> Cluster::ask_anybody() {
    std::optional<core::Error> failure;
    std::optional<std::vector<Node>> best;
    const auto take = [&](std::vector<Node> nodes) {
        const bool better = !best || owned_by(nodes).count() > owned_by(*best).count();
        if (better) best = std::move(nodes);
        return better;
    };
    const auto wants_more = [&] { return !core::Interrupt::requested() && !(best && owned_by(*best).all()); };
    for (auto known = open_.begin(); known != open_.end() && wants_more();) {
        try {
            std::vector<Node> nodes = nodes_of(known->second->server(), url_.tls);
            if (owned_by(nodes).any()) take(std::move(nodes));
            ++known;
        } catch (const core::Error&) {
            known = open_.erase(known);
        }
    }
    if (best && !wants_more()) return std::move(*best);
    for (const Candidate& candidate : candidates()) {
        try {
            if (take(ask_seed(candidate.address, candidate.open()))) last_seed_ = candidate.address;
        } catch (const core::Error& error) {
            const bool refused = error.code() == core::ExitCode::refused;
            if (!refused && error.code() != core::ExitCode::unreachable) throw;
            if (refused) warnings_.emplace_back(error.what());
            if (!failure || (refused && failure->code() != error.code())) failure = error;
        }
        if (!wants_more()) break;
    }
    if (best) return std::move(*best);
    throw core::Error(*failure);
}

/// What the node that answers at this address says of itself; throws where it is another, as behind a
/// balancer or a --node-map that sends several to one.
Node Cluster::described_by_itself(const Node& node, std::vector<Node>& others) {
    Server& server = this->at(node).server();
    std::vector<Node> all = nodes_of(server, url_.tls);
    const auto self = std::find_if(all.begin(), all.end(), [](const Node& one) { return one.asked; });
    bool is_meant = self != all.end() && self->id == node.id;
    if (self == all.end()) { // CLUSTER SLOTS does not say whose answer it is
        const Reply own_id = server.ask_tolerated({{"CLUSTER", "MYID"}})[0];
        is_meant = own_id.is_text() ? own_id.text == node.id : node.address.host != "?";
    }
    if (!is_meant)
        throw core::Error(core::ExitCode::unreachable,
                          fmt::format("cannot connect: {}: another node answers there", node.address.text()));
    Node described = node;
    for (Node& one : all) {
        if (one.id == node.id)
            described = std::move(one);
        else if (one.primary && !one.failed)
            others.push_back(std::move(one));
    }
    described.asked = true;
    if (described.address.host.empty()) described.address = node.address;
    const Fields fields = parse_info(server.ask_tolerated({{"INFO", "server"}})[0].text);
    if (const auto run_id = fields.find("run_id"); run_id != fields.end()) described.run_id = run_id->second;
    return described;
}

/// An error of a node, with how it may be reached where its address is of another network. `answered`: it is
/// the one that was asked for all.
core::Error Cluster::with_way(const core::Error& error, const Node& node, bool answered) const {
    if (error.lasts() || !error.remedy().empty()) return error;
    const net::HostPort address = address_of(node), endpoint = endpoint_of(node);
    std::string remedy;
    if (mapped(address, options_.node_map) != address || mapped(endpoint, options_.node_map) != endpoint)
        remedy = "Check --node-map, which has the connection go there.";
    else if (!answered || last_seed_.host.empty() || last_seed_ == address)
        remedy = fmt::format("Where {0} is an address of another network: --node-map {0}=ADDRESS.",
                             output::printable(address.host));
    else if (last_seed_.port == address.port)
        remedy = fmt::format("It is reached from here by --node-map {}={}.", output::printable(address.host),
                             last_seed_.host);
    else
        remedy = fmt::format("It is reached from here by --node-map {}={}.",
                             output::printable(address.text()), last_seed_.text());
    return {error.code(), error.what(), remedy};
}

/// What each says of itself: of slots that move only those two know between which they do. A primary that has
/// just taken over is not known to all yet.
void Cluster::ask_each(std::vector<Node>& primaries) {
    for (std::size_t at = 0; at < primaries.size(); ++at) { // more come on the way
        Node node = primaries[at];
        const bool answered = std::exchange(node.asked, false);
        if (node.failed || core::Interrupt::requested()) continue;
        std::vector<Node> others;
        try {
            node = described_by_itself(node, others);
        } catch (const core::Error& error) {
            if (error.code() != core::ExitCode::unreachable) throw;
            open_.erase(node.id);
            node.unreached = with_way(error, node, answered);
        }
        primaries[at] = std::move(node);
        for (Node& other : others)
            if (find_node(primaries, other.id) == nullptr) primaries.push_back(std::move(other));
    }
}

std::vector<Node> Cluster::primaries() {
    warnings_.clear();
    std::vector<Node> nodes = ask_anybody();
    std::vector<Node> primaries;
    for (const Node& node : nodes)
        if (node.primary) primaries.push_back(node);
    ask_each(primaries);
    const auto holds_nothing = [](const Node& node) {
        return !node.primary || (node.slots.none() && node.importing.none());
    };
    for (const Node& node : primaries) {
        const auto known =
            std::find_if(nodes.begin(), nodes.end(), [&](const Node& other) { return other.id == node.id; });
        if (known == nodes.end())
            nodes.push_back(node);
        else
            *known = node;
    }
    settle_claims(primaries);
    std::erase_if(primaries, holds_nothing);
    std::erase_if(open_, [&](const auto& open) { return find_node(nodes, open.first) == nullptr; });
    members_ = std::move(nodes);
    return primaries;
}

std::unique_ptr<RedisStore> Cluster::connect_to(const Node& node) {
    return std::make_unique<RedisStore>(open(node), true);
}

std::unique_ptr<RedisStore> Cluster::connect(const net::HostPort& address) {
    const auto found = std::find_if(members_.begin(), members_.end(), [&](const Node& node) {
        return node.address == address ||
               (node.host_name == address.host && node.address.port == address.port);
    });
    if (found != members_.end()) return connect_to(*found);
    Node unknown;
    unknown.address = address;
    return connect_to(unknown);
}

} // namespace roacache::store::redis
