#include "src/store/redis/redis_store.hpp"

#include "src/store/redis/errors.hpp"
#include "src/store/redis/server_info.hpp"

namespace roacache::store::redis {

std::unique_ptr<Store> open_redis(const net::Url& url, const ConnectOptions& options) {
    return std::make_unique<RedisStore>(Connection::connect(url, options));
}

core::Nanoseconds RedisStore::ping() {
    const std::int64_t begun = core::now_ns();
    const Reply reply = connection_.ask({"PING"});
    const core::Nanoseconds taken(core::now_ns() - begun);
    // A user without the right to PING has an answer all the same.
    if (reply.is_error() && !reply.text.starts_with("NOPERM")) connection_.checked(reply);
    return taken;
}

Info RedisStore::info() {
    connection_.append({"INFO"});
    connection_.append({"HELLO"});
    connection_.send();
    const Reply information = connection_.receive();
    const Reply hello = connection_.receive();
    for (const Reply* reply : {&information, &hello})
        if (reply->is_error() && turns_away(reply->text)) connection_.checked(*reply);
    Info info = read_info(parse_info(information.text), parse_hello(hello));
    info.nodes.push_back(connection_.peer());
    return info;
}

Statistics RedisStore::statistics() {
    connection_.append({"INFO"});
    connection_.append({"DBSIZE"});
    connection_.send();
    const Reply information = connection_.receive();
    const Reply keys = connection_.receive();
    for (const Reply* reply : {&information, &keys})
        if (reply->is_error() && turns_away(reply->text)) connection_.checked(*reply);
    Statistics statistics = read_statistics(parse_info(information.text));
    if (keys.is_integer() && keys.integer >= 0) statistics.keys = static_cast<std::uint64_t>(keys.integer);
    return statistics;
}

} // namespace roacache::store::redis
