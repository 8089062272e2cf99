#include "src/store/redis/connection.hpp"
#include "tests/store/contract.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>

namespace roacache::test {
namespace {

class RedisEntries final : public StoredEntries {
  public:
    std::string url() const override { return server_.url(); }

    void put(const std::string& key, const std::string& value,
             std::optional<std::chrono::milliseconds> ttl) override {
        if (ttl)
            connection_.checked(
                connection_.ask({"SET", key, value, "PX", fmt::format_int(ttl->count()).str()}));
        else
            connection_.checked(connection_.ask({"SET", key, value}));
    }

    std::set<std::string> keys() override {
        std::set<std::string> keys;
        for (store::redis::Reply& key : connection_.checked(connection_.ask({"KEYS", "*"})).elements)
            keys.insert(std::move(key.text));
        return keys;
    }

    std::optional<std::chrono::milliseconds> ttl(const std::string& key) override {
        const auto reply = connection_.checked(connection_.ask({"PTTL", key}));
        if (reply.integer < 0) return std::nullopt;
        return std::chrono::milliseconds(reply.integer);
    }

  private:
    RedisServer server_;
    store::redis::Connection connection_ = store::redis::Connection::connect(net::parse_url(server_.url()));
};

} // namespace

std::unique_ptr<StoredEntries> make_redis_entries() {
    return std::make_unique<RedisEntries>();
}

} // namespace roacache::test
