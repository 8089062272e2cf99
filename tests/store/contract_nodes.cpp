#include "src/store/redis/connection.hpp"
#include "src/store/redis/topology/slots.hpp"
#include "tests/store/contract.hpp"
#include "tests/support/nodes.hpp"

#include <fmt/format.h>
#include <vector>

namespace roacache::test {
namespace {

using store::redis::Connection;
using store::redis::Reply;

/// Over connections of its own to all servers that hold a part.
class ClusterEntries final : public StoredEntries {
  public:
    ClusterEntries() {
        for (std::size_t number = 0; number < cluster_.size(); ++number)
            connections_.push_back(Connection::connect(net::parse_url(cluster_.url(number))));
    }

    std::string url() const override { return cluster_.url(1); }

    void put(const std::string& key, const std::string& value,
             std::optional<std::chrono::milliseconds> ttl) override {
        if (ttl)
            ask(key, {"SET", key, value, "PX", fmt::format_int(ttl->count()).str()});
        else
            ask(key, {"SET", key, value});
    }

    std::set<std::string> keys() override {
        std::set<std::string> keys;
        for (Connection& connection : connections_)
            for (Reply& key : connection.checked(connection.ask({"KEYS", "*"})).elements)
                keys.insert(std::move(key.text));
        return keys;
    }

    std::optional<std::chrono::milliseconds> ttl(const std::string& key) override {
        const Reply reply = ask(key, {"PTTL", key});
        if (reply.integer < 0) return std::nullopt;
        return std::chrono::milliseconds(reply.integer);
    }

  private:
    Reply ask(const std::string& key, std::initializer_list<std::string_view> command) {
        std::size_t part = 0;
        while (store::redis::slot_of(key) >= store::redis::k_slots * (part + 1) / connections_.size())
            ++part;
        Connection& connection = connections_[part];
        return connection.checked(connection.ask(command));
    }

    RedisCluster cluster_;
    std::vector<Connection> connections_; ///< to each primary
};

} // namespace

std::unique_ptr<StoredEntries> make_cluster_entries() {
    return std::make_unique<ClusterEntries>();
}

} // namespace roacache::test
