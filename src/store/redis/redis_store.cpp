#include "src/store/redis/redis_store.hpp"

#include "src/store/redis/elements.hpp"
#include "src/store/redis/errors.hpp"
#include "src/store/redis/redis_walk.hpp"
#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace roacache::store::redis {
namespace {

/// Fits milliseconds too.
constexpr std::int64_t k_longest_idle_s = std::numeric_limits<std::int64_t>::max() / 1000;

/// The answers to commands that were appended; one that would answer any command is thrown.
template <std::size_t Count>
std::array<Reply, Count> send_and_receive(Connection& connection) {
    connection.send();
    std::array<Reply, Count> replies;
    for (Reply& reply : replies)
        reply = connection.receive();
    for (const Reply& reply : replies)
        if (reply.is_error() && turns_away(reply.text)) connection.checked(reply);
    return replies;
}

} // namespace

std::unique_ptr<Store> open_redis(const net::Url& url, const ConnectOptions& options) {
    return std::make_unique<RedisStore>(url, options);
}

core::Nanoseconds RedisStore::ping() {
    Connection& connection = server_.connection();
    return server_.converse([&] {
        const std::int64_t begun = core::now_ns();
        const Reply reply = connection.ask({"PING"});
        const core::Nanoseconds taken(core::now_ns() - begun);
        // A server without PING, or that does not let this user, has answered all the same.
        if (reply.is_error() && !is_not_available(reply.text)) connection.checked(reply);
        return taken;
    });
}

Info RedisStore::info() {
    Connection& connection = server_.connection();
    bool at_once = true; // and one by one where that ended the connection
    Info info = server_.converse([&] {
        std::array<Reply, 3> replies;
        if (std::exchange(at_once, false)) {
            connection.append({"INFO"});
            connection.append({"HELLO"});
            connection.append({"CLUSTER", "INFO"});
            replies = send_and_receive<3>(connection);
        } else {
            connection.append({"INFO"});
            replies[0] = send_and_receive<1>(connection)[0];
            replies[1] = server_.ask_if_borne({"HELLO"});
            replies[2] = server_.ask_if_borne({"CLUSTER", "INFO"});
        }
        const auto& [information, hello, cluster] = replies;
        return read_info(parse_info(information.text), parse_hello(hello), parse_info(cluster.text));
    });
    info.nodes.push_back(server_.name());
    return info;
}

Statistics RedisStore::statistics() {
    Connection& connection = server_.connection();
    return server_.converse([&] {
        connection.append({"INFO"});
        connection.append({"INFO", "commandstats"});
        connection.append({"DBSIZE"});
        const auto [information, commands, keys] = send_and_receive<3>(connection);
        Statistics statistics = read_statistics(parse_info(information.text));
        if (commands.is_text())
            statistics.metadata_lookups = count_metadata_lookups(parse_info(commands.text));
        if (keys.is_integer() && keys.integer >= 0)
            statistics.keys = static_cast<std::uint64_t>(keys.integer);
        return statistics;
    });
}

std::unique_ptr<Walk> RedisStore::walk(WalkRequest request) {
    server_.check_holds_all_keys();
    if (request.act == Act::erase || request.act == Act::shorten) server_.check_takes_changes();
    return std::make_unique<RedisWalk>(server_, std::move(request));
}

std::optional<Value> RedisStore::inspect(const std::string& key, std::size_t max_bytes) {
    server_.check_holds_all_keys();
    std::optional<Value> value = server_.converse([&] { return describe(key); });
    if (!value) return value;
    const bool silent = server_.observes_silently();
    if (max_bytes == 0 && !silent) return value; // to ask for its size would count as use
    value->counted_as_use = !silent;
    const std::string type = value->description.type ? value->description.type->bytes() : "";
    value->size = server_.converse([&] {
        server_.observes_silently();
        return size_of(key, type);
    });
    if (max_bytes == 0) return value;
    if (type == "string")
        value->head = read(key, 0, max_bytes);
    else
        value->elements = ElementReader(server_, key, type).read(max_bytes, *value);
    return value;
}

/// What can be told without the entry counting as used.
std::optional<Value> RedisStore::describe(const std::string& key) {
    Connection& connection = server_.connection();
    connection.append({"OBJECT", "IDLETIME", key});
    connection.append({"OBJECT", "FREQ", key});
    connection.append({"OBJECT", "ENCODING", key});
    connection.append({"TYPE", key});
    connection.append({"PTTL", key});
    connection.append({"MEMORY", "USAGE", key});
    const auto [idle, frequency, encoding, type, ttl, bytes] = send_and_receive<6>(connection);
    if (type.is_error()) connection.checked(type);
    if (!type.is_text()) throw not_understood(connection.peer(), "TYPE");
    if (type.text == "none" || (ttl.is_integer() && ttl.integer == -2)) return std::nullopt;

    Value value;
    value.description.type = core::Untrusted(type.text);
    if (idle.is_integer() && idle.integer >= 0)
        value.idle = std::chrono::seconds(std::min(idle.integer, k_longest_idle_s));
    if (frequency.is_integer() && frequency.integer >= 0)
        value.frequency = static_cast<std::uint64_t>(frequency.integer);
    if (encoding.is_string()) value.encoding = core::Untrusted(encoding.text);
    if (ttl.is_integer()) value.description.ttl_ms = ttl.integer < 0 ? k_no_ttl : ttl.integer;
    if (bytes.is_integer() && bytes.integer >= 0)
        value.description.bytes = static_cast<std::uint64_t>(bytes.integer);
    return value;
}

std::optional<std::uint64_t> RedisStore::size_of(const std::string& key, std::string_view type) {
    constexpr std::pair<std::string_view, std::string_view> k_commands[] = {
        {"string", "STRLEN"}, {"list", "LLEN"}, {"set", "SCARD"},
        {"zset", "ZCARD"},    {"hash", "HLEN"}, {"stream", "XLEN"}};
    for (const auto& [name, command] : k_commands) {
        if (name != type) continue;
        const Reply reply = server_.connection().ask({command, key});
        if (reply.is_integer() && reply.integer >= 0) return static_cast<std::uint64_t>(reply.integer);
    }
    return std::nullopt;
}

std::string RedisStore::read(const std::string& key, std::uint64_t offset, std::size_t max_bytes) {
    constexpr std::size_t k_most = std::size_t{16} << 20;
    const std::size_t size = std::min(max_bytes, k_most);
    if (size == 0) return {};
    Reply reply = server_.converse([&] {
        server_.observes_silently();
        return server_.connection().call(
            {"GETRANGE", key, fmt::format_int(offset).c_str(), fmt::format_int(offset + size - 1).c_str()});
    });
    if (!reply.is_string()) throw not_understood(server_.name(), "GETRANGE");
    return std::move(reply.text);
}

} // namespace roacache::store::redis
