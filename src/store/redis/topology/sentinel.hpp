#pragma once

#include "src/store/redis/topology/topology.hpp"

#include <map>
#include <memory>

namespace roacache::store::redis {

/// A primary that Sentinels watch over, and put another in the place of when it fails.
///
/// All Sentinels of the URL are asked, since one that is cut off may still name a primary that gave way. The
/// one of the latest configuration epoch is right (Redis Sentinel documentation, "Configuration epochs"), and
/// the server that it names has to say itself that it is a primary.
class Sentinel : public Topology {
  public:
    Sentinel(const net::Url& url, const ConnectOptions& options) : Topology(options), url_(url) {}

    std::string name() const override;
    std::string_view kind() const override { return "sentinel"; }
    std::map<std::string, std::string> settings() const override {
        return {{"service", url_.service}, {"database", std::to_string(url_.database.value_or(0))}};
    }
    std::vector<Node> primaries() override;
    std::vector<SentinelReport> sentinel_reports() override;
    std::unique_ptr<RedisStore> connect(const net::HostPort& address) override;

  private:
    std::unique_ptr<RedisStore> connect_to(const Node& node) override;
    /// What one Sentinel says.
    struct Opinion {
        net::HostPort sentinel;
        Node primary;
        std::vector<Node> replicas;
        bool down = false; ///< it finds that the primary is away
    };

    Opinion ask(const net::HostPort& sentinel) const;
    Server open_sentinel(const net::HostPort& sentinel) const;
    bool is_primary(const Node& node); ///< by its own word
    const Opinion& right_of(const std::vector<Opinion>& opinions);
    static std::string doubt_of(const Node& primary, const std::vector<Opinion>& opinions);
    void note_disagreement(const std::vector<Opinion>& opinions, const Opinion& right);

    net::Url url_;
};

} // namespace roacache::store::redis
