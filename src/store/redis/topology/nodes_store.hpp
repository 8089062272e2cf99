#pragma once

#include "src/store/redis/topology/topology.hpp"

#include <memory>

namespace roacache::store::redis {

/// A cache that several servers hold together: a cluster, or a primary that Sentinels watch over.
class NodesStore : public Store {
  public:
    /// `timeout`: of a single answer; what has to be waited for until the servers agree takes some of them.
    NodesStore(std::unique_ptr<Topology> topology, core::Nanoseconds timeout);

    std::string name() const override { return topology_->name(); }
    Info info() override;
    Identity identity() override;
    std::string node_of(const std::string& key) override;
    core::Nanoseconds ping() override;
    Statistics statistics() override;
    std::vector<SelfReport> self_reports(const std::vector<CommandWords>& asked) override;
    bool reads_replicas() const override { return topology_->reads_replicas(); }
    Capabilities capabilities() override;
    std::unique_ptr<Walk> walk(WalkRequest request) override;
    std::optional<Value> inspect(const FoundKey& entry, std::size_t max_bytes) override;
    std::uint64_t publish(const std::string& channel, const std::string& message) override;
    Listeners listeners_elsewhere(const std::string& channel) override;
    std::string read(const FoundKey& entry, std::uint64_t offset, std::size_t max_bytes) override;

  private:
    Statistics statistics_now();
    void note_links(Info& info);
    const std::vector<Node>& primaries();
    template <typename Question>
    auto through_failover(Question ask);
    const Node& any_node();
    RedisStore& any() { return topology_->at(any_node()); }
    std::string served_name();
    RedisStore& of(const std::string& key);
    /// Holds a conversation with the primary of a key, and again where it gave way to another meanwhile.
    template <typename Conversation>
    auto with_primary_of(const std::string& key, Conversation conversation);

    std::unique_ptr<Topology> topology_;
    core::Nanoseconds timeout_;
    std::vector<Node> primaries_; ///< as of the last time that they were asked
};

} // namespace roacache::store::redis
