#pragma once

#include "src/store/redis/connection.hpp"
#include "src/store/store.hpp"

namespace roacache::store::redis {

/// One Redis or Valkey server.
class RedisStore : public Store {
  public:
    explicit RedisStore(Connection connection) : connection_(std::move(connection)) {}

    std::string name() const override { return connection_.peer(); }
    Info info() override;
    core::Nanoseconds ping() override;
    Statistics statistics() override;

  private:
    Connection connection_;
};

std::unique_ptr<Store> open_redis(const net::Url& url, const ConnectOptions& options);

} // namespace roacache::store::redis
