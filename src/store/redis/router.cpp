#include "src/store/redis/router.hpp"

#include "src/store/redis/errors.hpp"

#include <fmt/format.h>

namespace roacache::store::redis {

Server& Router::for_reading() {
    if (one_of_several_) return server_;
    const auto mode = server_.field("redis_mode");
    if (mode == "sentinel") throw is_sentinel(server_.name());
    if (mode == "cluster") throw one_node_of_cluster(server_.name());
    return server_;
}

Server& Router::for_act(Act act) {
    for_reading();
    if (act == Act::list || act == Act::describe || server_.field("role") != "slave") return server_;
    const auto read_only = server_.field("slave_read_only");
    const char* const kind = read_only == "0"
                                 ? "replica that takes changes of its own, which the primary never sees,"
                             : read_only ? "read-only replica"
                                         : "replica";
    const auto host = server_.field("master_host");
    const auto port = number_in(server_.own_fields(), "master_port");
    const std::string primary = host && port ? net::HostPort{*host, static_cast<std::uint16_t>(*port)}.text()
                                             : "an address that it does not tell";
    throw core::Error(core::ExitCode::refused,
                      fmt::format("refused: {}: the server is a {} of {}", server_.name(), kind, primary),
                      "Name the primary in the URL.");
}

} // namespace roacache::store::redis
