#include "src/store/redis/redis_store.hpp"

#include "src/store/redis/errors.hpp"
#include "src/store/redis/redis_walk.hpp"
#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace roacache::store::redis {

std::unique_ptr<Store> open_redis(const net::Url& url, const ConnectOptions& options) {
    return std::make_unique<RedisStore>(Connection::connect(url, options));
}

core::Nanoseconds RedisStore::ping() {
    const std::int64_t begun = core::now_ns();
    const Reply reply = connection_.ask({"PING"});
    const core::Nanoseconds taken(core::now_ns() - begun);
    // A server without PING, or that does not let this user, has answered all the same.
    if (reply.is_error() && !is_not_available(reply.text)) connection_.checked(reply);
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

std::unique_ptr<Walk> RedisStore::walk(WalkRequest request) {
    return std::make_unique<RedisWalk>(connection_, std::move(request));
}

std::optional<Value> RedisStore::inspect(const std::string& key, std::size_t max_bytes) {
    // IDLETIME first: some of the others count as use.
    connection_.append({"OBJECT", "IDLETIME", key});
    connection_.append({"OBJECT", "ENCODING", key});
    connection_.append({"TYPE", key});
    connection_.append({"PTTL", key});
    connection_.append({"MEMORY", "USAGE", key});
    connection_.send();
    std::array<Reply, 5> replies;
    for (Reply& reply : replies)
        reply = connection_.receive();
    for (const Reply& reply : replies)
        if (reply.is_error() && turns_away(reply.text)) connection_.checked(reply);
    auto& [idle, encoding, type, ttl, bytes] = replies;
    if (type.is_error()) connection_.checked(type);
    if (!type.is_text()) throw not_understood(connection_.peer(), "TYPE");
    if (type.text == "none") return std::nullopt;

    Value value;
    value.description.type = core::Untrusted(type.text);
    if (idle.is_integer()) value.idle = std::chrono::seconds(idle.integer);
    if (encoding.is_string()) value.encoding = core::Untrusted(encoding.text);
    if (ttl.is_integer() && ttl.integer == -2) return std::nullopt;
    if (ttl.is_integer()) value.description.ttl_ms = ttl.integer < 0 ? k_no_ttl : ttl.integer;
    if (bytes.is_integer() && bytes.integer >= 0)
        value.description.bytes = static_cast<std::uint64_t>(bytes.integer);
    value.size = size_of(key, type.text);
    if (type.text == "string" && max_bytes > 0) value.head = read(key, 0, max_bytes);
    return value;
}

std::optional<std::uint64_t> RedisStore::size_of(const std::string& key, std::string_view type) {
    constexpr std::pair<std::string_view, std::string_view> k_commands[] = {
        {"string", "STRLEN"}, {"list", "LLEN"}, {"set", "SCARD"},
        {"zset", "ZCARD"},    {"hash", "HLEN"}, {"stream", "XLEN"}};
    for (const auto& [name, command] : k_commands) {
        if (name != type) continue;
        const Reply reply = connection_.ask({command, key});
        if (reply.is_integer() && reply.integer >= 0) return static_cast<std::uint64_t>(reply.integer);
    }
    return std::nullopt;
}

std::string RedisStore::read(const std::string& key, std::uint64_t offset, std::size_t max_bytes) {
    constexpr std::size_t k_most = std::size_t{16} << 20;
    const std::size_t size = std::min(max_bytes, k_most);
    if (size == 0) return {};
    Reply reply = connection_.call(
        {"GETRANGE", key, fmt::format_int(offset).c_str(), fmt::format_int(offset + size - 1).c_str()});
    if (!reply.is_string()) throw not_understood(connection_.peer(), "GETRANGE");
    return std::move(reply.text);
}

} // namespace roacache::store::redis
