#pragma once

#include "tests/support/process.hpp"
#include "tests/support/servers.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace roacache::test {

/// One redis-server of several, on a TCP port of 127.0.0.1, without persistence. With a --tls-cert-file among
/// its arguments it speaks TLS on that port, and nothing else.
class NodeServer {
  public:
    NodeServer(std::uint16_t port, std::vector<std::string> arguments);

    std::uint16_t port() const { return port_; }
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    std::string url() const { return (tls_.empty() ? "redis://" : "rediss://") + address(); }
    /// redis-cli; what it printed, without the last newline.
    std::string cli(const std::vector<std::string>& arguments) const;
    /// `redis-cli` and how it reaches the server.
    std::vector<std::string> cli_command() const;
    /// Serves another certificate from now on.
    void serve(const Certificate& certificate);

    void pause();  ///< SIGSTOP
    void resume(); ///< SIGCONT
    void kill();   ///< SIGKILL
    void start();  ///< again, with what it was given
    bool runs() const { return runs_; }

  private:
    std::uint16_t port_;
    std::vector<std::string> arguments_;
    std::vector<std::string> tls_; ///< redis-cli's options; empty: without TLS
    TempDir folder_;
    std::unique_ptr<Process> process_;
    bool runs_ = false;
};

/// On a port that is free.
std::unique_ptr<NodeServer> start_node(const std::vector<std::string>& arguments);

/// A Redis Cluster of one node, which may announce addresses that lead nowhere.
std::unique_ptr<NodeServer> start_cluster_of_one(std::vector<std::string> arguments);

/// A Redis Cluster of three primaries, which find a node away after a second, and a replica for each where
/// wanted.
class RedisCluster {
  public:
    /// With a --tls-cert-file among the arguments everything goes over TLS; see NodeServer.
    explicit RedisCluster(bool replicas = false, const std::vector<std::string>& arguments = {});

    std::size_t size() const { return nodes_.size(); }
    NodeServer& node(std::size_t number) { return *nodes_[number]; }
    std::string url(std::size_t number = 0) const { return nodes_[number]->url(); }
    /// The node that owns the slot now.
    NodeServer& owner(std::size_t slot);
    /// What redis-cli -c prints, whichever node has it.
    std::string cli(const std::vector<std::string>& arguments) const;
    /// Until each slot has a primary that runs, as after a kill.
    void wait_until_served() const;
    /// Those of all primaries.
    std::set<std::string> keys() const;
    std::vector<std::size_t> slots_of(const std::vector<std::string>& keys) const;
    /// Sets keys with a time to live, quickly.
    void fill(const std::vector<std::string>& keys);
    /// Moves a slot with its keys from one node to another, as redis-cli --cluster reshard does. `half` is
    /// called when the first keys have moved.
    void move_slot(std::size_t slot, NodeServer& from, NodeServer& to,
                   const std::function<void()>& half = {});

  private:
    void wait_until_joined() const;
    std::vector<std::unique_ptr<NodeServer>> nodes_;
};

/// A primary, two replicas and three Sentinels, which find the primary away after 1.5 seconds.
class SentinelGroup {
  public:
    explicit SentinelGroup(const std::vector<std::string>& arguments = {});

    static constexpr const char* k_service = "cache";
    /// redis+sentinel://…/cache, and rediss over TLS
    std::string url() const;
    /// The server that the first Sentinel which answers names.
    NodeServer& primary();
    /// Until all Sentinels name the same server and no other takes itself for the primary.
    void wait_until_agreed();
    NodeServer& server(std::size_t number) { return *servers_[number]; }
    NodeServer& sentinel(std::size_t number) { return *sentinels_[number]; }

  private:
    NodeServer& named_by(const NodeServer& sentinel);
    std::vector<std::unique_ptr<NodeServer>> servers_, sentinels_;
};

} // namespace roacache::test
