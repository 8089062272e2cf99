#include "src/store/redis/topology/open.hpp"

#include "src/store/redis/errors.hpp"
#include "src/store/redis/topology/cluster.hpp"
#include "src/store/redis/topology/nodes_store.hpp"
#include "src/store/redis/topology/route.hpp"
#include "src/store/redis/topology/sentinel.hpp"

#include <utility>

namespace roacache::store::redis {

std::unique_ptr<Store> open_redis(const net::Url& url, const ConnectOptions& options) {
    Server server = open_named(url, options);
    if (server.field("redis_mode") == "cluster") return open_cluster(url, options);
    return std::make_unique<RedisStore>(std::move(server));
}

std::unique_ptr<Store> open_cluster(const net::Url& url, const ConnectOptions& options) {
    if (url.database.value_or(0) != 0) throw cluster_database(url.redacted());
    return std::make_unique<NodesStore>(std::make_unique<Cluster>(url, options), options.timeout);
}

std::unique_ptr<Store> open_sentinel(const net::Url& url, const ConnectOptions& options) {
    return std::make_unique<NodesStore>(std::make_unique<Sentinel>(url, options), options.timeout);
}

} // namespace roacache::store::redis
