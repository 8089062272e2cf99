// What replicas are asked for, and what is said of them.

#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

json told(const std::string& url, std::vector<std::string> arguments, int exit_code = 0) {
    arguments.insert(arguments.end(), {"-o", "json"});
    const Finished finished = run_at(url, arguments);
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == exit_code);
    return json::parse(finished.out);
}

const json& member_at(const json& ping, const std::string& node) {
    const json& members = ping.at("members");
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&](const json& member) { return member.at("node") == node; });
    REQUIRE(found != members.end());
    return *found;
}

/// The primary takes its replica's link down, and lets it come no more.
void cut_replica_off(NodeServer& primary) {
    REQUIRE(primary.cli({"ACL", "SETUSER", "default", "-psync", "-sync", "-replconf"}) == "OK");
    primary.cli({"CLIENT", "KILL", "TYPE", "replica"});
}

} // namespace

TEST_CASE("a replica that is not linked to its primary is told by ping", "[cluster]") {
    RedisCluster cluster(true);
    const Finished sound = run_at(cluster.url(), {"ping"});
    CHECK(sound.err.empty());
    cut_replica_off(cluster.node(1));
    const std::string cut_off = cluster.node(4).address();
    REQUIRE(eventually([&] {
        return cluster.node(4).cli({"INFO", "replication"}).find("master_link_status:down") !=
               std::string::npos;
    }));
    const json ping = told(cluster.url(), {"ping"});
    CHECK(member_at(ping, cut_off).at("link") == "down");
    CHECK(member_at(ping, cut_off).at("lag_bytes").is_null());
    CHECK(member_at(ping, cluster.node(3).address()).at("link") == "up");
    CHECK(member_at(ping, cluster.node(3).address()).at("lag_bytes").is_number());
    CHECK(member_at(ping, cluster.node(1).address()).at("link").is_null());
    const Finished shown = run_at(cluster.url(), {"ping"});
    CHECK(shown.exit_code == 0);
    CHECK_THAT(shown.err, Contains("the replica " + cut_off + " is not linked to its primary " +
                                   cluster.node(1).address()));
    CHECK_THAT(shown.out, Contains("link down"));
}

TEST_CASE("keys of a slot that is on its way are found though replicas are read from", "[cluster]") {
    RedisCluster cluster(true);
    std::vector<std::string> keys;
    for (int number = 0; number < 20; ++number)
        keys.push_back(fmt::format("cache:t:victims:{{x}}{:09x}", number));
    cluster.fill(keys);
    const std::size_t slot = cluster.slots_of({"{x}"})[0];
    NodeServer& from = cluster.owner(slot);
    NodeServer& to = &from == &cluster.node(0) ? cluster.node(1) : cluster.node(0);
    cluster.move_slot(slot, from, to, [&] {
        const std::string moved = to.cli({"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), "1"});
        REQUIRE_FALSE(moved.empty());
        for (const std::string& key : {moved, keys[7]}) {
            const std::vector<std::string> read_from{"--read-from", "replica"};
            CHECK(run_at(cluster.url(), {"inspect", "--raw", key, "--read-from", "replica"}).out == "value");
            CHECK(run_at(cluster.url(), {"keys", "-k", key, "--read-from", "replica"}).out == key + "\n");
            CHECK(told(cluster.url(), {"stats", "-k", key, "--read-from", "replica"}).at("keys") == 1);
        }
    });
}

TEST_CASE("a server's figures are its primaries' though replicas are read from", "[cluster]") {
    RedisCluster cluster(true);
    cluster.fill({"cache:t:victims:000000000001"});
    for (std::size_t node = 0; node < 3; ++node) {
        cluster.node(node).cli({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
        cluster.node(node).cli({"CONFIG", "SET", "maxmemory", "1"});
    }
    REQUIRE(eventually([&] { return cluster.keys().empty(); }));
    for (const char* from : {"primary", "replica"}) {
        INFO(from);
        const json stats = told(cluster.url(), {"stats", "--no-scan", "--read-from", from});
        CHECK(stats.at("evictions") == 1);
        CHECK(run_at(cluster.url(), {"stats", "--no-scan", "--read-from", from, "--assert", "evictions == 0"})
                  .exit_code == 1);
    }
}
