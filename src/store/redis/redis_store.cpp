#include "src/store/redis/redis_store.hpp"

#include "src/store/redis/elements.hpp"
#include "src/store/redis/errors.hpp"
#include "src/store/redis/proxied_walk.hpp"
#include "src/store/redis/self_report.hpp"
#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <utility>

namespace roacache::store::redis {
namespace {

/// Fits milliseconds too.
constexpr std::int64_t k_longest_idle_s = std::numeric_limits<std::int64_t>::max() / 1000;

/// GETRANGE brings at most so many bytes, and where the server ends the connection for them, less and less.
constexpr std::size_t k_most_piece = std::size_t{16} << 20;
constexpr std::size_t k_least_piece = 1024;

} // namespace

RedisStore::RedisStore(Server server, bool one_of_several)
    : router_(std::move(server), one_of_several), piece_(k_most_piece) {}

core::Nanoseconds RedisStore::ping() {
    Connection& connection = router_.any().connection();
    return router_.any().converse([&] {
        const std::int64_t begun = core::now_ns();
        const Reply reply = connection.ask({"PING"});
        const core::Nanoseconds taken(core::now_ns() - begun);
        // A server without PING, or that does not let this user, has answered all the same.
        if (reply.is_error() && !is_not_available(reply.text)) connection.checked(reply);
        return taken;
    });
}

Info RedisStore::info() {
    const auto replies = router_.any().ask_tolerated({{"INFO"}, {"HELLO"}, {"CLUSTER", "INFO"}});
    Info info = read_info(parse_info(replies[0].text), parse_hello(replies[1]), parse_info(replies[2].text));
    info.nodes.push_back(router_.any().name());
    return info;
}

Identity RedisStore::identity() {
    Identity identity;
    if (const auto run_id = router_.any().field("run_id"))
        identity.parts = {{"kind", "redis"},
                          {"run_id", *run_id},
                          {"database", std::to_string(router_.any().connection().database())}};
    else
        identity.unknown = "the server does not tell its run id (INFO server)";
    return identity;
}

Statistics RedisStore::statistics() {
    const auto replies = router_.any().ask_tolerated({{"INFO"}, {"INFO", "commandstats"}, {"DBSIZE"}});
    const Reply &information = replies[0], &commands = replies[1], &keys = replies[2];
    Statistics statistics = read_statistics(parse_info(information.text));
    statistics.refused = !information.is_text();
    if (commands.is_text()) statistics.metadata_lookups = count_metadata_lookups(parse_info(commands.text));
    if (keys.is_integer() && keys.integer >= 0) statistics.keys = static_cast<std::uint64_t>(keys.integer);
    return statistics;
}

std::vector<SelfReport> RedisStore::self_reports(const std::vector<CommandWords>& asked) {
    return {self_report(router_.any(), asked)};
}

std::uint64_t RedisStore::publish(const std::string& channel, const std::string& message) {
    const Reply reply = router_.any().converse([&] {
        return router_.any().connection().call({"PUBLISH", channel, message});
    });
    if (!reply.is_integer() || reply.integer < 0) throw not_understood(router_.any().name(), "PUBLISH");
    return static_cast<std::uint64_t>(reply.integer);
}

Listeners RedisStore::listeners_elsewhere(const std::string& /*channel*/) {
    return {0, number_in(router_.any().own_fields(), "connected_slaves") == 0U};
}

Listeners RedisStore::listeners(const std::string& channel) {
    const auto replies = router_.any().ask_tolerated({{"PUBSUB", "NUMSUB", channel}, {"PUBSUB", "NUMPAT"}});
    const Reply &named = replies[0], &patterns = replies[1];
    const bool told = named.is_array() && named.elements.size() == 2 && named.elements[1].is_integer() &&
                      named.elements[1].integer >= 0;
    if (!told) return {0, false};
    return {static_cast<std::uint64_t>(named.elements[1].integer),
            patterns.is_integer() && patterns.integer == 0};
}

std::unique_ptr<Walk> RedisStore::walk(WalkRequest request) {
    Server& server = router_.for_act(request.act);
    if (request.meant != nullptr && request.meant->named() != nullptr) request.meant->named()->rewind();
    return std::make_unique<ProxiedWalk>(server, std::move(request));
}

std::optional<Value> RedisStore::inspect(const FoundKey& entry, std::size_t max_bytes) {
    const std::string& key = entry.bytes();
    Server& server = router_.for_reading();
    std::optional<Value> value = describe(key);
    if (!value) return value;
    const bool silent = server.observes_silently();
    if (max_bytes == 0 && !silent) return value; // to ask for its size would count as use
    value->counted_as_use = !silent;
    const std::string type = value->description.type ? value->description.type->bytes() : "";
    value->size = size_of(key, type);
    if (max_bytes == 0) return value;
    if (value->is_string)
        value->head = read(entry, 0, max_bytes);
    else
        value->elements = ElementReader(server, key, type).read(max_bytes, *value);
    return value;
}

/// What can be known without the entry counting as used.
std::optional<Value> RedisStore::describe(const std::string& key) {
    const auto replies = router_.any().ask_tolerated({{"OBJECT", "IDLETIME", key},
                                                      {"OBJECT", "FREQ", key},
                                                      {"OBJECT", "ENCODING", key},
                                                      {"TYPE", key},
                                                      {"PTTL", key},
                                                      {"MEMORY", "USAGE", key}});
    const Reply &idle = replies[0], &frequency = replies[1], &encoding = replies[2], &type = replies[3],
                &ttl = replies[4], &bytes = replies[5];
    router_.any().check_tolerated("TYPE");
    router_.any().connection().checked(type);
    if (!type.is_text()) throw not_understood(router_.any().name(), "TYPE");
    if (type.text == "none" || (ttl.is_integer() && ttl.integer == -2)) return std::nullopt;

    Value value;
    value.description.type = core::Untrusted(type.text);
    value.is_string = type.text == "string";
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
    const auto* const found = std::find_if(std::begin(k_commands), std::end(k_commands),
                                           [&](const auto& command) { return command.first == type; });
    if (found == std::end(k_commands)) return std::nullopt;
    try {
        const Reply reply = router_.any().converse([&] {
            router_.any().observes_silently();
            return router_.any().connection().ask({found->second, key});
        });
        if (reply.is_integer() && reply.integer >= 0) return static_cast<std::uint64_t>(reply.integer);
    } catch (const net::ConnectionLost&) {
        router_.any().reopen();
        if (!router_.any().tolerates({"PING"})) throw;
    }
    return std::nullopt;
}

std::string RedisStore::read(const FoundKey& entry, std::uint64_t offset, std::size_t max_bytes) {
    const std::string& key = entry.bytes();
    const std::size_t size = std::min(max_bytes, k_most_piece);
    std::string bytes;
    while (bytes.size() < size) {
        const std::size_t wanted = std::min(size - bytes.size(), piece_);
        try {
            const std::string piece = read_piece(key, offset + bytes.size(), wanted);
            bytes += piece;
            if (piece.size() < wanted) break;
        } catch (const net::ConnectionLost&) {
            router_.any().reopen();
            router_.any().check_tolerates({"GETRANGE", key, "0", "0"});
            if (wanted <= k_least_piece) throw beyond_output_limit(router_.any().name());
            piece_ = wanted / 2;
        }
    }
    return bytes;
}

std::string RedisStore::read_piece(const std::string& key, std::uint64_t offset, std::size_t size) {
    Reply reply = router_.any().converse([&] {
        router_.any().observes_silently();
        return router_.any().connection().call(
            {"GETRANGE", key, fmt::format_int(offset).c_str(), fmt::format_int(offset + size - 1).c_str()});
    });
    if (!reply.is_string()) throw not_understood(router_.any().name(), "GETRANGE");
    return std::move(reply.text);
}

} // namespace roacache::store::redis
