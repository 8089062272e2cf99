#pragma once

#include "src/store/redis/topology/topology.hpp"

#include <map>
#include <memory>

namespace roacache::store::redis {

/// A Redis or Valkey Cluster.
class Cluster : public Topology {
  public:
    /// By any of the URL's hosts; all other addresses are those that the nodes announce.
    Cluster(const net::Url& url, const ConnectOptions& options) : url_(url), options_(options) {}

    std::string name() const override;
    std::string_view kind() const override { return "cluster"; }
    std::map<std::string, std::string> settings() const override { return {}; }
    std::vector<Node> primaries() override;
    const std::vector<Node>& members() const override { return members_; }
    const std::vector<std::string>& warnings() const override { return warnings_; }
    RedisStore& at(const Node& node) override;
    RedisStore& reader_of(const Node& primary) override;
    bool reads_replicas() const override { return options_.reads_replicas; }
    std::unique_ptr<RedisStore> connect(const net::HostPort& address) override;

  private:
    std::vector<Node> ask_anybody();
    std::vector<Node> ask_seed(const net::HostPort& seed);
    void ask_each(std::vector<Node>& primaries);
    net::Url url_of(const net::HostPort& address, const std::string& host_name) const;

    net::Url url_;
    ConnectOptions options_;
    std::vector<Node> members_;
    std::vector<std::string> warnings_;
    std::map<std::string, std::unique_ptr<RedisStore>> readers_; ///< by their primaries' ids
    std::map<std::string, std::unique_ptr<RedisStore>> open_;    ///< by id
    net::HostPort last_seed_;                                    ///< that answered
};

} // namespace roacache::store::redis
