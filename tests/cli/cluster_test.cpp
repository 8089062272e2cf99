#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// `entries` of each of two resources, of two tenants, and some keys that are none of the cache's.
std::vector<std::string> entries(int count) {
    std::vector<std::string> keys{"session:1", "lock:import", "other:{a}:x"};
    for (int number = 0; number < count; ++number) {
        const std::string hash = fmt::format("{:012x}", number);
        for (const char* tenant : {"t", "u"})
            for (const char* resource : {"victims", "others"})
                keys.push_back(fmt::format("cache:{}:{}:{}", tenant, resource, hash));
    }
    return keys;
}

std::set<std::string> without(std::set<std::string> keys, const std::string& prefix) {
    std::erase_if(keys, [&](const std::string& key) { return key.starts_with(prefix); });
    return keys;
}

json run_json(const std::string& url, std::vector<std::string> arguments, int exit_code = 0) {
    arguments.insert(arguments.end(), {"-o", "json"});
    const Finished finished = run_at(url, arguments);
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == exit_code);
    return json::parse(finished.out);
}

std::set<std::string> lines_of(const std::string& text) {
    std::set<std::string> lines;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
        lines.insert(text.substr(at, end - at));
    return lines;
}

} // namespace

TEST_CASE("a cluster is served whole, whichever node is named", "[cluster]") {
    RedisCluster cluster(true);
    const auto keys = entries(500);
    cluster.fill(keys);
    const std::set<std::string> all(keys.begin(), keys.end());
    REQUIRE(cluster.keys() == all);

    for (std::size_t node = 0; node < cluster.size(); ++node) {
        INFO("node " << node);
        CHECK(run_at(cluster.url(node), {"keys", "--count"}).out == "2000\n");
    }
    const std::string seeds =
        "redis+cluster://127.0.0.1:1,127.0.0.1:" + std::to_string(cluster.node(4).port());
    const Finished listed = run_at(seeds, {"keys", "-t", "t", "-r", "victims"});
    CHECK(listed.exit_code == 0);
    CHECK(lines_of(listed.out).size() == 500);
    std::set<std::string> nodes;
    for (const std::string& line : lines_of(run_at(cluster.url(), {"keys", "-l", "-o", "ndjson"}).out))
        nodes.insert(json::parse(line).at("node"));
    CHECK(nodes.size() == 3);
    const json one = run_json(cluster.url(), {"keys", "-l", "-k", keys[5]}).at("keys").at(0);
    CHECK(one.at("node") == cluster.owner(cluster.slots_of({keys[5]})[0]).address());

    const json ping = run_json(cluster.url(5), {"ping"});
    CHECK(ping.at("topology") == "cluster");
    CHECK(ping.at("nodes").size() == 6);
    std::size_t slots = 0;
    for (const json& member : ping.at("members")) {
        slots += member.at("slots").get<std::size_t>();
        if (member.at("role") == "replica") CHECK(member.at("lag_bytes").is_number());
        CHECK(member.at("answers") == true);
    }
    CHECK(slots == 16384);

    const json stats = run_json(cluster.url(3), {"stats"});
    CHECK(stats.at("keys") == 2000);
    RunOptions terminal;
    terminal.pty = true;
    const Finished drawn = run_at(cluster.url(), {"stats", "--max-rate", "4000"}, terminal);
    for (const std::string& node : nodes)
        CHECK_THAT(drawn.out, Contains("   " + node));
    CHECK_THAT(drawn.out, Contains("\x1b[A\r\x1b[2K") && !Contains("\\x")); // drawn over, nothing escaped

    for (const std::string& key : {keys[3], keys[700], keys[1999]}) {
        const json found = run_json(cluster.url(1), {"inspect", key});
        CHECK(found.dump().find(key) != std::string::npos);
        CHECK(run_at(cluster.url(2), {"inspect", "--raw", key}).out == "value");
    }
    CHECK(run_at(cluster.url(2), {"inspect", "cache:t:victims:ffffffffffff"}).exit_code == 1);

    const json removed = run_json(cluster.url(4), {"invalidate", "-t", "t", "-r", "victims", "--verify"});
    CHECK(removed.at("removed") == 500);
    CHECK(removed.at("remaining") == 0);
    CHECK(cluster.keys() == without(all, "cache:t:victims:"));

    const json shortened = run_json(cluster.url(), {"invalidate", "-t", "u", "-r", "others", "--soft", "1h"});
    CHECK(shortened.at("shortened") == 500);
    CHECK(std::stol(cluster.cli({"TTL", "cache:u:others:000000000001"})) <= 3600);
    CHECK(std::stol(cluster.cli({"TTL", "cache:u:victims:000000000001"})) > 3600);
}

TEST_CASE("named keys are removed wherever they are, counted one by one", "[cluster]") {
    RedisCluster cluster;
    const auto keys = entries(300);
    cluster.fill(keys);
    const TempDir folder;
    const std::string list = folder.path() / "keys";
    std::set<std::string> left(keys.begin(), keys.end());
    {
        std::ofstream file(list);
        for (std::size_t number = 3; number < keys.size(); number += 2) {
            file << keys[number] << "\n";
            left.erase(keys[number]);
            if (number % 10 == 3) file << "cache:t:victims:nothere" << number << "\n";
        }
    }
    const json counted = run_json(cluster.url(1), {"invalidate", "--keys-from", list, "--dry-run"});
    const json removed = run_json(cluster.url(1), {"invalidate", "--keys-from", list});
    CHECK(counted.at("matched") == 600);
    CHECK(removed.at("removed") == 600);
    CHECK(removed.at("absent") == 120);
    CHECK(cluster.keys() == left);
    CHECK(run_json(cluster.url(2), {"invalidate", "--keys-from", list}).at("removed") == 0);
}

TEST_CASE("named keys whose primary is killed on the way are removed where they are then", "[cluster]") {
    RedisCluster cluster(true);
    const auto keys = entries(3000);
    cluster.fill(keys);
    const std::set<std::string> all(keys.begin(), keys.end());
    const TempDir folder;
    const std::string list = folder.path() / "keys";
    {
        std::ofstream file(list);
        for (const std::string& key : keys)
            if (key.starts_with("cache:t:victims:")) file << key << "\n";
    }
    std::thread killer([&] {
        eventually([&] {
            return cluster.node(1).cli({"INFO", "commandstats"}).find("cmdstat_unlink:") != std::string::npos;
        });
        cluster.node(1).kill();
    });
    const Finished finished = run_at(cluster.url(), {"invalidate", "--keys-from", list, "--max-rate", "3000",
                                                     "-o", "json", "--timeout", "10s"});
    killer.join();
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == 0);
    const json removed = json::parse(finished.out);
    CHECK(removed.at("removed").get<int>() + removed.at("unconfirmed").get<int>() >= 3000);
    CHECK(removed.at("absent") == 0);
    cluster.wait_until_served();
    CHECK(cluster.keys() == without(all, "cache:t:victims:"));
}

TEST_CASE("a slot that is on its way is served from both its nodes", "[cluster]") {
    RedisCluster cluster;
    auto keys = entries(50);
    for (int number = 0; number < 200; ++number)
        keys.push_back(fmt::format("cache:t:victims:{{x}}{:09x}", number));
    cluster.fill(keys);
    const std::size_t slot = cluster.slots_of({"{x}"})[0];
    NodeServer& from = cluster.owner(slot);
    NodeServer& to = &from == &cluster.node(0) ? cluster.node(1) : cluster.node(0);
    const TempDir folder;
    const std::string list = folder.path() / "keys";
    std::ofstream(list) << "cache:t:victims:{x}000000001\ncache:t:victims:{x}000000002\n"
                        << "cache:t:victims:{x}0000000ff\ncache:t:others:000000000001\n";
    cluster.move_slot(slot, from, to, [&] {
        // One key has moved, the others have not.
        CHECK(lines_of(run_at(cluster.url(), {"keys", "--match", "cache:t:victims:{x}*"}).out).size() == 200);
        CHECK(lines_of(run_at(cluster.url(), {"keys", "-l", "--match", "cache:t:victims:{x}*"}).out).size() ==
              200);
        const std::string moved = to.cli({"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), "1"});
        CHECK(run_at(cluster.url(), {"inspect", "--raw", moved}).out == "value");
        CHECK(run_at(cluster.url(), {"inspect", "cache:t:victims:{x}absent"}).exit_code == 1);
        CHECK(run_at(cluster.url(), {"keys", "-k", "cache:t:victims:{x}absent"}).out.empty());
        CHECK(
            run_json(cluster.url(), {"invalidate", "-k", "cache:t:victims:{x}absent", "-n"}).at("matched") ==
            0);
        const json named = run_json(cluster.url(), {"invalidate", "--keys-from", list});
        CHECK(named.at("removed") == 3);
        CHECK(named.at("absent") == 1);
        const json removed =
            run_json(cluster.url(), {"invalidate", "--match", "cache:t:victims:{x}*", "--verify"});
        CHECK(removed.at("removed") == 198);
        CHECK(removed.at("remaining") == 0);
    });
    const std::set<std::string> left = cluster.keys();
    CHECK(std::none_of(left.begin(), left.end(),
                       [](const std::string& key) { return key.find("{x}") != std::string::npos; }));
    CHECK(left.size() == 202);
}

TEST_CASE("slots that move during a removal are removed all the same", "[cluster]") {
    RedisCluster cluster;
    const auto keys = entries(8000);
    cluster.fill(keys);
    const std::set<std::string> all(keys.begin(), keys.end());
    std::thread mover([&] {
        for (std::size_t slot = 0; slot < 60; ++slot)
            cluster.move_slot(slot, cluster.node(0), cluster.node(2));
    });
    const json removed =
        run_json(cluster.url(), {"invalidate", "-t", "t", "-r", "victims", "--max-pause", "200us"});
    mover.join();
    CHECK(removed.at("removed") == 8000);
    CHECK(cluster.keys() == without(all, "cache:t:victims:"));
}

TEST_CASE("a primary that is killed during a removal is followed to its replica", "[cluster]") {
    RedisCluster cluster(true);
    const auto keys = entries(4000);
    cluster.fill(keys);
    const std::set<std::string> all(keys.begin(), keys.end());
    std::thread killer([&] {
        eventually([&] {
            return cluster.node(1).cli({"INFO", "commandstats"}).find("cmdstat_unlink:") != std::string::npos;
        });
        cluster.node(1).kill();
    });
    // So slow that the kill comes before the last removal.
    const Finished finished =
        run_at(cluster.url(), {"invalidate", "-t", "t", "-r", "victims", "--max-rate", "2000", "-o", "json"});
    killer.join();
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == 0);
    const json removed = json::parse(finished.out);
    CHECK(removed.at("removed").get<int>() + removed.at("unconfirmed").get<int>() >= 4000);
    cluster.wait_until_served();
    CHECK(cluster.keys() == without(all, "cache:t:victims:"));
}

TEST_CASE("a cluster whose slots have no primary is not taken for whole", "[cluster]") {
    RedisCluster cluster;
    cluster.fill(entries(50));
    cluster.node(2).kill();
    for (const auto& command : {std::vector<std::string>{"keys"}, {"stats"}, {"invalidate", "-t", "t"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {"--timeout", "300ms"});
        const Finished finished = run_at(cluster.url(), arguments);
        INFO(command[0] << ": " << finished.err << finished.out);
        CHECK(finished.exit_code == 3);
        CHECK(finished.err.find("primary") != std::string::npos);
    }
    const Finished ping = run_at(cluster.url(), {"ping", "--timeout", "300ms"});
    CHECK(ping.exit_code == 0);
    CHECK(ping.err.find("no primary answers for 5462 of 16384 slots") != std::string::npos);
    const json told = run_json(cluster.url(), {"ping", "--timeout", "300ms"});
    CHECK(told.at("members").size() == 3);
    CHECK(run_at(cluster.url(), {"ping", "-v", "--timeout", "300ms"}).exit_code == 0);
}

TEST_CASE("keys that a node holds of slots of others are none of the cluster's", "[cluster]") {
    RedisCluster cluster(false, {"--enable-debug-command", "yes"});
    NodeServer& node = cluster.node(1);
    REQUIRE(node.cli({"DEBUG", "POPULATE", "300", "left"}) == "OK");
    std::vector<std::string> keys;
    for (int number = 0; number < 300; ++number)
        keys.push_back("left:" + std::to_string(number));
    const auto slots = cluster.slots_of(keys);
    const auto own = std::count_if(slots.begin(), slots.end(),
                                   [&](std::size_t slot) { return slot >= 5461 && slot < 10922; });
    REQUIRE(own > 0);
    REQUIRE(own < 300);
    CHECK(run_at(cluster.url(), {"keys", "--match", "left:*", "--count"}).out == std::to_string(own) + "\n");
    const json removed = run_json(cluster.url(), {"invalidate", "--match", "left:*"});
    CHECK(removed.at("matched") == own);
    CHECK(removed.at("removed") == own);
}

TEST_CASE("a user who may ask for slots alone is served the whole cluster", "[cluster]") {
    RedisCluster cluster(false, {"--enable-debug-command", "yes"});
    cluster.fill(entries(50));
    for (std::size_t number = 0; number < cluster.size(); ++number)
        cluster.node(number).cli(
            {"ACL", "SETUSER", "ana", "on", ">pw", "~*", "+@all", "-cluster", "+cluster|slots"});
    const std::string ana = "redis://ana:pw@" + cluster.node(1).address();
    CHECK(run_at(ana, {"keys", "--count"}).out == "200\n");
    CHECK(run_json(ana, {"invalidate", "-t", "t", "-r", "victims"}).at("removed") == 50);
    // Keys that were left at a node when their slot was given away look as if they moved.
    REQUIRE(cluster.node(0).cli({"DEBUG", "POPULATE", "30", "cache:t:left"}) == "OK");
    const Finished left = run_at(ana, {"keys", "--count"});
    CHECK(left.exit_code == 3);
    CHECK_THAT(left.err, Contains("keys of slots that are others'") && Contains("CLUSTER NODES"));
}

TEST_CASE("replicas alone are read from where they are meant", "[cluster]") {
    RedisCluster cluster(true);
    cluster.fill(entries(100));
    const auto gets = [&](std::size_t first) {
        std::string calls;
        for (std::size_t number = first; number < first + 3; ++number)
            calls += cluster.node(number).cli({"INFO", "commandstats"});
        return calls;
    };
    REQUIRE(eventually([&] { return cluster.node(3).cli({"DBSIZE"}) == cluster.node(0).cli({"DBSIZE"}); }));
    REQUIRE(eventually([&] { return cluster.node(4).cli({"DBSIZE"}) == cluster.node(1).cli({"DBSIZE"}); }));
    REQUIRE(eventually([&] { return cluster.node(5).cli({"DBSIZE"}) == cluster.node(2).cli({"DBSIZE"}); }));
    for (std::size_t number = 0; number < 6; ++number)
        cluster.node(number).cli({"CONFIG", "RESETSTAT"});
    CHECK(run_at(cluster.url(), {"keys", "--count", "--read-from", "replica"}).out == "400\n");
    CHECK(lines_of(run_at(cluster.url(), {"keys", "-l", "-t", "t", "--read-from", "replica"}).out).size() ==
          200);
    CHECK(run_json(cluster.url(), {"stats", "--read-from", "replica"}).at("keys") == 400);
    const std::string key = "cache:t:victims:000000000001";
    CHECK(run_at(cluster.url(), {"inspect", "--raw", key, "--read-from", "replica"}).out == "value");
    CHECK(gets(0).find("cmdstat_scan") == std::string::npos);
    CHECK(gets(0).find("cmdstat_getrange") == std::string::npos);
    CHECK(gets(3).find("cmdstat_scan") != std::string::npos);
    cluster.node(4).kill();
    const Finished lost = run_at(cluster.url(), {"keys", "--read-from", "replica", "--timeout", "300ms"});
    CHECK(lost.exit_code == 3);
    CHECK(lost.err.find("no replica of") != std::string::npos);
    const RedisServer alone;
    CHECK(run_at(alone.url(), {"keys", "--read-from", "replica"}).exit_code == 2);
}

TEST_CASE("nodes that announce addresses of another network are reached by --node-map", "[cluster]") {
    RedisCluster cluster;
    cluster.fill(entries(20));
    std::string map;
    for (std::size_t number = 0; number < cluster.size(); ++number) {
        const std::string announced = std::to_string(number + 1); // where nobody listens
        cluster.node(number).cli({"CONFIG", "SET", "cluster-announce-port", announced});
        map += (map.empty() ? "" : ",") + ("127.0.0.1:" + announced) + "=" + cluster.node(number).address();
    }
    REQUIRE(eventually([&] {
        const std::string text = cluster.node(0).cli({"CLUSTER", "NODES"});
        return text.find("127.0.0.1:2@") != std::string::npos &&
               text.find("127.0.0.1:3@") != std::string::npos;
    }));
    CHECK(run_at(cluster.url(), {"keys", "--count", "--node-map", map}).out == "80\n");
    const Finished lost = run_at(cluster.url(), {"keys", "--count", "--timeout", "200ms"});
    CHECK(lost.exit_code == 3);
    CHECK(run_at(cluster.url(), {"keys", "--node-map", "x"}).exit_code == 2);
}
