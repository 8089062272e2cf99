#pragma once

#include "src/store/redis/topology/topology.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace roacache::store::redis {

/// A Redis or Valkey Cluster.
class Cluster : public Topology {
  public:
    /// By any of the URL's hosts; all other addresses are those that the nodes announce.
    Cluster(const net::Url& url, const ConnectOptions& options) : Topology(options), url_(url) {}

    std::string name() const override;
    std::string_view kind() const override { return "cluster"; }
    std::map<std::string, std::string> settings() const override { return {}; }
    std::vector<Node> primaries() override;
    std::unique_ptr<RedisStore> connect(const net::HostPort& address) override;

  private:
    /// By which host clients are to reach a node (cluster-preferred-endpoint-type).
    enum class Endpoint { address, host_name, as_asked };

    /// One that may tell of the cluster.
    struct Candidate {
        net::HostPort address;
        std::function<Server()> open;
    };

    static std::optional<Endpoint> preferred_by(Server& server, const std::vector<Node>& nodes);
    std::unique_ptr<RedisStore> connect_to(const Node& node) override;
    std::vector<Candidate> candidates() const;
    std::vector<Node> ask_anybody();
    std::vector<Node> ask_seed(const net::HostPort& seed, Server server);
    net::HostPort address_of(const Node& node) const;
    net::HostPort endpoint_of(const Node& node) const;
    Server open(const Node& node) const;
    Server open_seed(const net::HostPort& seed) const;
    Node described_by_itself(const Node& node, std::vector<Node>& others);
    void ask_each(std::vector<Node>& primaries);
    core::Error with_way(const core::Error& error, const Node& node, bool answered) const;

    net::Url url_;
    net::HostPort last_seed_;           ///< that answered
    std::optional<Endpoint> preferred_; ///< absent: nobody has told yet
};

} // namespace roacache::store::redis
