#include "src/core/error.hpp"
#include "src/store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace roacache;

TEST_CASE("a server reports who it is and its state", "[redis_store]") {
    test::RedisServer server({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"});
    const auto store = store::open_store(net::parse_url(server.url()));
    const store::Info info = store->info();
    CHECK(info.kind == "redis");
    CHECK(info.version->bytes().find('.') != std::string::npos);
    CHECK(info.role == "master");
    CHECK(info.topology == "standalone");
    CHECK(info.nodes == std::vector<std::string>{fmt::format("127.0.0.1:{}", server.port())});
    CHECK(store->ping().count() > 0);
    server.cli({"SET", "a", "1"});
    server.cli({"GET", "a"});
    server.cli({"GET", "b"});
    const store::Statistics statistics = store->statistics();
    CHECK(statistics.hits == 1);
    CHECK(statistics.misses == 1);
    CHECK(statistics.keys == 1);
    CHECK(statistics.memory_limit == 104857600);
    CHECK(statistics.memory_policy == "allkeys-lru");
    CHECK(statistics.memory_used > 0);
    CHECK(statistics.memory_fragmentation > 0);
}

TEST_CASE("what the server does not let one see is absent, and ping still answers", "[redis_store]") {
    test::RedisServer server;
    server.cli({"ACL", "SETUSER", "ana", "on", ">pw", "~*", "+get"});
    const auto store =
        store::open_store(net::parse_url(fmt::format("redis://ana:pw@127.0.0.1:{}", server.port())));
    CHECK(store->ping().count() > 0);
    const store::Info info = store->info();
    CHECK(info.kind == "redis"); // HELLO is open to everyone
    CHECK(info.topology == "standalone");
    const store::Statistics statistics = store->statistics();
    CHECK_FALSE(statistics.hits);
    CHECK_FALSE(statistics.keys);
    test::RedisServer silent({"--rename-command", "INFO", "", "--rename-command", "HELLO", ""});
    const store::Info nothing = store::open_store(net::parse_url(silent.url()))->info();
    CHECK_FALSE(nothing.kind);
    CHECK_FALSE(nothing.role);
    CHECK(nothing.nodes.size() == 1);
}

TEST_CASE("a replica says that it is one", "[redis_store]") {
    test::RedisServer master;
    test::RedisServer replica({"--replicaof", fmt::format("127.0.0.1 {}", master.port())});
    CHECK(store::open_store(net::parse_url(replica.url()))->info().role == "replica");
}

namespace {

using store::Capability;

store::Capabilities capabilities_of(const std::string& url) {
    return store::open_store(net::parse_url(url))->capabilities();
}

std::set<Capability> named(const std::map<Capability, std::string>& reasons) {
    std::set<Capability> names;
    for (const auto& [capability, reason] : reasons)
        names.insert(capability);
    return names;
}

/// What is missing but for what no server of entries has.
std::set<Capability> lacks(const store::Capabilities& capabilities) {
    CHECK_FALSE(capabilities.has(Capability::switches));
    CHECK_FALSE(capabilities.has(Capability::notify));
    std::set<Capability> missing = named(capabilities.missing);
    missing.erase(Capability::switches);
    missing.erase(Capability::notify);
    return missing;
}

store::Capabilities capabilities_of_user(const test::RedisServer& server,
                                         const std::vector<std::string>& rules) {
    std::vector<std::string> command{"ACL", "SETUSER", "ana", "reset", "on", ">pw"};
    command.insert(command.end(), rules.begin(), rules.end());
    server.cli(command);
    return capabilities_of(fmt::format("redis://ana:pw@127.0.0.1:{}", server.port()));
}

} // namespace

TEST_CASE("what may be asked of a server is probed, and nothing is changed by that", "[redis_store]") {
    const std::set<Capability> changes{Capability::erase_by_key, Capability::erase_by_selection,
                                       Capability::expire};
    test::RedisServer server;
    server.cli({"SET", "roacache", "1"});
    CHECK(lacks(capabilities_of(server.url())).empty());
    const std::set<Capability> by_key{
        Capability::describe, Capability::erase_by_key, Capability::erase_by_selection,
        Capability::expire,   Capability::idle,         Capability::values};
    const struct {
        std::vector<std::string> rules;
        std::set<Capability> missing;
        std::set<Capability> limited = {};
    } users[] = {
        {{"~*", "+@all", "-unlink"}, {}}, // DEL is left
        {{"~*", "+@all", "-unlink", "-del"}, {Capability::erase_by_key, Capability::erase_by_selection}},
        {{"~*", "+@all", "-multi", "-pexpire"}, {Capability::expire}},
        {{"~*", "+@read", "+@connection"}, changes},
        {{"~*", "+@all", "-scan"}, {Capability::list, Capability::count, Capability::erase_by_selection}},
        {{"~*", "+@all", "-getrange"}, {Capability::values}},
        {{"~*", "+@all", "-type"}, {Capability::describe, Capability::values}},
        {{"~*", "+@all", "-object"}, {Capability::idle}},
        {{"~*", "+@all", "-discard"}, {}},
        {{"~*", "+@all", "-pttl"}, {}, {Capability::describe}},
        {{"~*", "+@all", "-memory"}, {}, {Capability::describe}},
        {{"~*", "+@all", "-lrange"}, {}, {Capability::values}},
        {{"~*", "+@all", "-xrange"}, {}, {Capability::values}},
        {{"~cache:*", "+@all"}, {}, by_key}, // another key may do
        {{"resetkeys", "+@all"}, {}, by_key},
        {{"%R~*", "+@all"}, {}, changes},
    };
    for (const auto& [rules, missing, limited] : users) {
        INFO(rules.front() << ' ' << rules.back());
        const store::Capabilities capabilities = capabilities_of_user(server, rules);
        CHECK(lacks(capabilities) == missing);
        CHECK(named(capabilities.limited) == limited);
        for (const Capability capability : missing)
            CHECK(capabilities.missing.at(capability).find("NOPERM") != std::string::npos);
        const auto store =
            store::open_store(net::parse_url(fmt::format("redis://ana:pw@127.0.0.1:{}", server.port())));
        CHECK(named(store->capabilities().limited) == limited);
        CHECK(store->ping().count() > 0); // answered, and not queued
    }
    CHECK(server.cli({"DBSIZE"}) == "1");
    // Twice by the user without MULTI, of a key that is not there.
    CHECK(server.cli({"INFO", "commandstats"}).find("cmdstat_unlink:calls=2,") != std::string::npos);

    test::RedisServer by_frequency({"--maxmemory-policy", "allkeys-lfu", "--maxmemory", "100mb"});
    CHECK(lacks(capabilities_of(by_frequency.url())) == std::set{Capability::idle});
    test::RedisServer replica({"--replicaof", fmt::format("127.0.0.1 {}", server.port())});
    const store::Capabilities of_replica = capabilities_of(replica.url());
    CHECK(lacks(of_replica) == changes);
    CHECK(of_replica.missing.at(Capability::expire).find("read-only replica") != std::string::npos);
}

TEST_CASE("what is probed is not counted as used, and the reasons are the same each time", "[redis_store]") {
    test::RedisServer server({"--rename-command", "UNLINK", "", "--rename-command", "DEL", ""});
    const store::Capabilities first = capabilities_of(server.url()), second = capabilities_of(server.url());
    CHECK(server.cli({"INFO", "stats"}).find("keyspace_misses:0") != std::string::npos);
    CHECK(first.missing == second.missing);
    CHECK(first.missing.at(Capability::erase_by_key).find("unknown command") != std::string::npos);
}

TEST_CASE("a server whose memory is full may be asked to remove entries", "[redis_store]") {
    test::RedisServer server;
    server.cli({"SET", "big", std::string(100'000, 'a')});
    server.cli({"CONFIG", "SET", "maxmemory", "500000"});
    REQUIRE(server.cli({"SET", "more", "1"}).find("OOM") != std::string::npos);
    CHECK(lacks(capabilities_of(server.url())).empty());
}

TEST_CASE("what a user without INFO may ask of a server is told all the same", "[redis_store]") {
    const std::vector<std::string> rules{"~*", "+@all", "-@dangerous"};
    test::RedisServer by_frequency({"--maxmemory-policy", "allkeys-lfu", "--maxmemory", "100mb"});
    by_frequency.cli({"SET", "a", "1"});
    CHECK(lacks(capabilities_of_user(by_frequency, rules)) == std::set{Capability::idle});

    test::RedisServer replica({"--replicaof", fmt::format("127.0.0.1 {}", by_frequency.port())});
    for (const char* read_only : {"yes", "no"}) {
        replica.cli({"CONFIG", "SET", "replica-read-only", read_only});
        const store::Capabilities capabilities = capabilities_of_user(replica, rules);
        for (const Capability change :
             {Capability::erase_by_key, Capability::erase_by_selection, Capability::expire})
            CHECK(capabilities.missing.at(change).find("the server is a replica of") != std::string::npos);
        CHECK(capabilities.has(Capability::list));
    }
}
