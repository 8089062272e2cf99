#pragma once

#include "src/store/redis/redis_store.hpp"
#include "src/store/redis/topology/node.hpp"
#include "src/store/redis/topology/route.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::redis {

/// Servers that are about to agree on something else are asked again after so long.
inline constexpr std::chrono::milliseconds k_ask_nodes_again{100};

/// A slot that nobody owns is believed to be nobody's when it was asked for so often.
inline constexpr std::size_t k_asks_of_nobodys = 3;

/// Servers that hold a cache together: which they are now, and a connection to each.
class Topology {
  public:
    explicit Topology(ConnectOptions options) : options_(std::move(options)) {}
    virtual ~Topology() = default;
    Topology(const Topology&) = delete;
    Topology& operator=(const Topology&) = delete;

    /// How messages name it.
    virtual std::string name() const = 0;
    /// `cluster` or `sentinel`.
    virtual std::string_view kind() const = 0;
    /// By what it is recognised besides its primaries (see Identity::parts).
    virtual std::map<std::string, std::string> settings() const = 0;

    /// The primaries, asked anew. One that does not answer is described by the others (Node::asked is false).
    /// Throws core::Error(unreachable) where nobody answers who knows.
    virtual std::vector<Node> primaries() = 0;
    /// All servers, as of the last primaries().
    const std::vector<Node>& members() const { return members_; }

    /// Of each Sentinel that watches over the primary, asked anew.
    virtual std::vector<SentinelReport> sentinel_reports() { return {}; }

    /// What was wrong although it works, as of the last primaries(); printable.
    const std::vector<std::string>& warnings() const { return warnings_; }

    /// The connection to a server of the last primaries(), opened where there is none. Throws core::Error.
    RedisStore& at(const Node& node);
    /// The connection to what is asked in a primary's place where nothing is changed: the primary itself, or
    /// with ConnectOptions::reads_replicas one of its replicas that is linked to it. Throws core::Error.
    RedisStore& reader_of(const Node& primary);
    /// The same for keys of some slots alone. Where one of them is on its way to another primary, a replica
    /// would say of a key that has gone that there is none, and not where it is: the primary is asked.
    RedisStore& reader_of(const Node& primary, const SlotSet& slots);
    bool reads_replicas() const { return options_.reads_replicas; }
    /// Replicas are chosen anew: they may be another's by now, or away.
    void forget_readers() { readers_.clear(); }

    /// Another connection, to the server that one of them names by this address. Throws core::Error.
    virtual std::unique_ptr<RedisStore> connect(const net::HostPort& address) = 0;

  protected:
    ConnectOptions options_;
    std::vector<Node> members_;
    std::vector<std::string> warnings_;
    std::map<std::string, std::unique_ptr<RedisStore>> open_; ///< by id

  private:
    virtual std::unique_ptr<RedisStore> connect_to(const Node& node) = 0;

    std::map<std::string, std::unique_ptr<RedisStore>> readers_; ///< by their primaries' ids
};

/// A connection to a replica of the primary that is linked to it. Throws core::Error(unreachable) where there
/// is none.
std::unique_ptr<RedisStore> open_replica(Topology& topology, const Node& primary);

/// The node of that id; null where there is none.
const Node* find_node(const std::vector<Node>& nodes, const std::string& id);
/// The primary that owns the slot; null where none does.
const Node* owner_of(std::size_t slot, const std::vector<Node>& primaries);
/// The first that owns one of the slots and refuses this client, or is refused by it, for good; null where
/// none does.
const Node* refusing(const std::vector<Node>& primaries, const SlotSet& slots = SlotSet().set());
/// For slots of which no primary answers: `what`, with the first that was asked in vain and why, and what
/// helps.
core::Error unanswered(const std::string& what, const std::vector<Node>& primaries,
                       const SlotSet& slots = SlotSet().set());
/// The same process as before, with the same slots given to it by the same vote; null is none.
bool is_as_before(const Node& before, const Node* now);
/// The slots that a list of primaries has an owner for who answers.
SlotSet served_by(const std::vector<Node>& primaries);
/// Those that some of the nodes own, or are on their way to one of them.
SlotSet owned_by(const std::vector<Node>& nodes);
SlotSet importing_of(const std::vector<Node>& nodes);
/// Those that more than one of the nodes says it owns, where nothing tells which of them does.
SlotSet claimed_twice(const std::vector<Node>& nodes);

} // namespace roacache::store::redis
