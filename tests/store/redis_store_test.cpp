#include "src/core/error.hpp"
#include "src/store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>
#include <set>

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

TEST_CASE("a kind of store that is to come is a usage error that names it", "[redis_store]") {
    for (const char* url :
         {"sqlite:cache.db", "redis+cluster://h:1", "redis+sentinel://h:1/main", "http://h/api/cache"}) {
        try {
            store::open_store(net::parse_url(url));
            FAIL("accepted");
        } catch (const core::Error& error) {
            CHECK(error.code() == core::ExitCode::usage);
            CHECK(std::string(error.what()).starts_with("not yet supported: "));
        }
    }
}

namespace {

using store::Capability;

store::Capabilities capabilities_of(const std::string& url) {
    return store::open_store(net::parse_url(url))->capabilities();
}

/// What is missing but for what no server of entries has.
std::set<Capability> lacks(const store::Capabilities& capabilities) {
    CHECK_FALSE(capabilities.has(Capability::switches));
    CHECK_FALSE(capabilities.has(Capability::notify));
    std::set<Capability> missing;
    for (const auto& [capability, reason] : capabilities.missing)
        if (capability != Capability::switches && capability != Capability::notify)
            missing.insert(capability);
    return missing;
}

} // namespace

TEST_CASE("what may be asked of a server is probed, and nothing is changed by that", "[redis_store]") {
    const std::set<Capability> changes{Capability::erase_by_key, Capability::erase_by_selection,
                                       Capability::expire};
    test::RedisServer server;
    server.cli({"SET", "roacache", "1"});
    CHECK(lacks(capabilities_of(server.url())).empty());
    const struct {
        std::vector<std::string> rules;
        std::set<Capability> missing;
    } users[] = {
        {{"~*", "+@all", "-unlink"}, {}}, // DEL is left
        {{"~*", "+@all", "-unlink", "-del"}, {Capability::erase_by_key, Capability::erase_by_selection}},
        {{"~*", "+@all", "-multi", "-pexpire"}, {Capability::expire}},
        {{"~*", "+@read", "+@connection"}, changes},
        {{"~*", "+@all", "-scan"}, {Capability::list, Capability::count, Capability::erase_by_selection}},
        {{"~*", "+@all", "-getrange"}, {Capability::values}},
        {{"~cache:*", "+@all"}, {}}, // another key may do
        {{"~*", "+@all", "-object"}, {Capability::idle}},
        {{"~*", "+@all", "-discard"}, {}},
    };
    for (const auto& [rules, missing] : users) {
        std::vector<std::string> command{"ACL", "SETUSER", "ana", "reset", "on", ">pw"};
        command.insert(command.end(), rules.begin(), rules.end());
        INFO(command.back());
        server.cli(command);
        const auto store =
            store::open_store(net::parse_url(fmt::format("redis://ana:pw@127.0.0.1:{}", server.port())));
        const store::Capabilities capabilities = store->capabilities();
        CHECK(lacks(capabilities) == missing);
        for (const Capability capability : missing)
            CHECK(capabilities.missing.at(capability).find("NOPERM") != std::string::npos);
        CHECK(store->ping().count() > 0);
        CHECK_NOTHROW(store->inspect("cache:x", 0)); // answered, and not queued
    }
    CHECK(server.cli({"DBSIZE"}) == "1");
    CHECK(server.cli({"INFO", "commandstats"}).find("cmdstat_unlink:calls=1,") != std::string::npos);

    test::RedisServer by_frequency({"--maxmemory-policy", "allkeys-lfu", "--maxmemory", "100mb"});
    CHECK(lacks(capabilities_of(by_frequency.url())) == std::set{Capability::idle});
    test::RedisServer replica({"--replicaof", fmt::format("127.0.0.1 {}", server.port())});
    const store::Capabilities of_replica = capabilities_of(replica.url());
    CHECK(lacks(of_replica) == changes);
    CHECK(of_replica.missing.at(Capability::expire).find("read-only replica") != std::string::npos);
    test::RedisServer node({"--cluster-enabled", "yes"});
    CHECK(lacks(capabilities_of(node.url())).size() == 8);
}
