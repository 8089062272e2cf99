#pragma once

#include "src/store/redis/operations.hpp"
#include "src/store/redis/topology/topology.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace roacache::store::redis {

/// Of `MOVED SLOT HOST:PORT` and `ASK SLOT HOST:PORT`, where no host means that of the node that said it;
/// absent where there is none.
std::optional<net::HostPort> address_in(const std::string& why, const net::HostPort& from);

/// Acts upon keys that a node of a cluster sent elsewhere, over connections of its own: what is under way on
/// the others stays in order.
class Redirects {
  public:
    Redirects(Topology& topology, const WalkRequest& request) : topology_(topology), request_(request) {}

    /// Follows each key to where it is, a limited number of times; `from` is the node that sent them
    /// elsewhere. Adds what came of it to the page and the tally. Gives the keys that could not be followed;
    /// those of them that were to be changed, and whose answer never came, are added to `unanswered`.
    std::vector<FoundKey> follow(std::vector<Redirected> keys, const net::HostPort& from, Page& page,
                                 std::unordered_set<std::string>& unanswered);

    const Walk::Tally& tally() const { return tally_; }

  private:
    std::vector<Redirected> act(const net::HostPort& address, bool asks, std::vector<FoundKey>& keys,
                                Page& page, std::unordered_set<std::string>& unanswered);

    Topology& topology_;
    const WalkRequest& request_;
    std::map<std::string, std::unique_ptr<RedisStore>> open_; ///< by address
    Walk::Tally tally_;
};

} // namespace roacache::store::redis
