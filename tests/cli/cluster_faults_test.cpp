// Clusters and Sentinels that answer otherwise than they should.

#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

using namespace roacache::test;
using nlohmann::json;

namespace {

std::string named_in(const TempDir& folder, const std::vector<std::string>& keys) {
    std::string list = folder.path() / "keys";
    std::ofstream file(list);
    for (const std::string& key : keys)
        file << key << "\n";
    return list;
}

json json_printed(const Finished& finished) {
    INFO(finished.err << finished.out);
    return json::parse(finished.out);
}

} // namespace

TEST_CASE("a node map that leads to another node than the one meant is found out", "[cluster]") {
    RedisCluster cluster;
    const auto keys = victims(60);
    cluster.fill(keys);
    const std::string first = cluster.node(0).address();
    const std::string map =
        cluster.node(1).address() + "=" + first + "," + cluster.node(2).address() + "=" + first;
    const TempDir folder;
    const std::string list = named_in(folder, keys);
    for (const std::vector<std::string>& command : {std::vector<std::string>{"keys"},
                                                    {"stats"},
                                                    {"invalidate", "-t", "t"},
                                                    {"invalidate", "--keys-from", list}}) {
        std::vector<std::string> arguments = command;
        arguments.insert(arguments.end(), {"--node-map", map, "--timeout", "300ms"});
        const Finished finished = run_at(cluster.url(), arguments);
        INFO(command.front() << ": " << finished.err);
        CHECK((finished.exit_code == 3 || finished.exit_code == 5));
        CHECK(finished.err.find("primary") != std::string::npos);
    }
    const Finished ping = run_at(cluster.url(), {"ping", "--node-map", map, "--timeout", "300ms"});
    CHECK(ping.err.find(cluster.node(1).address() + ": another node answers there") != std::string::npos);
}

TEST_CASE("a node that has forgotten others does not hide them, whatever its id", "[cluster]") {
    RedisCluster cluster(false, {"--cluster-require-full-coverage", "no"});
    const auto keys = victims(60);
    cluster.fill(keys);
    const auto id = [&](std::size_t number) { return cluster.node(number).cli({"CLUSTER", "MYID"}); };
    std::size_t first = 0;
    for (const std::size_t number : {1U, 2U})
        if (id(number) < id(first)) first = number;
    const NodeServer &forgetful = cluster.node(first), &sound = cluster.node((first + 1) % 3);
    for (const std::size_t other : {(first + 1) % 3, (first + 2) % 3})
        REQUIRE(forgetful.cli({"CLUSTER", "FORGET", id(other)}) == "OK"); // for a minute
    const std::string both = fmt::format("redis+cluster://{},{}", forgetful.address(), sound.address());
    for (const std::string& url : {sound.url(), both}) {
        const Finished counted = run_at(url, {"keys", "--count", "--timeout", "300ms"});
        INFO(url << ": " << counted.err);
        CHECK(counted.out == "60\n");
    }
    CHECK(run_at(both, {"invalidate", "-t", "t", "--timeout", "300ms"}).exit_code == 0);
    CHECK(cluster.keys().empty());
}

TEST_CASE("a single server among a cluster's hosts keeps no other from being asked", "[cluster]") {
    RedisCluster cluster;
    cluster.fill(victims(60));
    const auto alone = start_node({"--save", ""});
    const std::string both =
        fmt::format("redis+cluster://{},{}", alone->address(), cluster.node(0).address());
    CHECK(run_at(both, {"keys", "--count"}).out == "60\n");
    CHECK_THAT(run_at(both, {"ping"}).err, Contains(alone->address() + ": this is a single server"));
    const Finished none = run_at("redis+cluster://" + alone->address(), {"keys", "--count"});
    CHECK(none.exit_code == 4);
    CHECK_THAT(none.err, Contains("Name it by redis://" + alone->address()));
}

TEST_CASE("named keys whose removal a node answers with an error are not taken for done", "[cluster]") {
    RedisCluster cluster;
    const auto keys = victims(300);
    const TempDir folder;
    const std::string list = named_in(folder, keys);
    for (const char* answer :
         {"-CLUSTERDOWN The cluster is down", "-BUSY Redis is busy running a script",
          "-NOREPLICAS Not enough good replicas to write.", "-LOADING Redis is loading"}) {
        INFO(answer);
        cluster.fill(keys);
        const PythonServer between(
            "tests/cli/meddler.py",
            {std::to_string(cluster.node(1).port()), "UNLINK=" + in_hex(std::string(answer) + "\r\n")});
        const std::string map = fmt::format("{}=127.0.0.1:{}", cluster.node(1).address(), between.port());
        const Finished finished = run_at(cluster.url(), {"invalidate", "--keys-from", list, "--node-map", map,
                                                         "--timeout", "200ms", "-o", "json"});
        INFO(finished.err << finished.out);
        CHECK((finished.exit_code == 5 || finished.exit_code == 3));
        const std::set<std::string> left = cluster.keys();
        CHECK_FALSE(left.empty());
        CHECK(json_printed(finished).at("removed") == keys.size() - left.size());
        CHECK(json_printed(finished).at("unconfirmed") == 0);
    }
}

TEST_CASE("named keys that a node answers for with an error are not taken for absent", "[cluster]") {
    RedisCluster cluster;
    const auto keys = victims(60);
    const TempDir folder;
    const std::string list = named_in(folder, keys);
    cluster.fill(keys);
    for (const char* answer :
         {"-CLUSTERDOWN The cluster is down", "-BUSY Redis is busy running a script",
          "-LOADING Redis is loading", "-MASTERDOWN Link with MASTER is down",
          "-TRYAGAIN Multiple keys request during rehashing of slot", "-ERR max number of clients reached"}) {
        const PythonServer between(
            "tests/cli/meddler.py",
            {std::to_string(cluster.node(1).port()), "EXISTS=" + in_hex(std::string(answer) + "\r\n")});
        const std::string map = fmt::format("{}=127.0.0.1:{}", cluster.node(1).address(), between.port());
        for (const std::vector<std::string>& command :
             {std::vector<std::string>{"keys"},
              {"keys", "--count"},
              {"invalidate", "-n"},
              {"invalidate", "--max-keys", "1000"},
              {"invalidate", "--max-keys", "1000", "--soft", "1h"}}) {
            std::vector<std::string> arguments = command;
            arguments.insert(arguments.end(), {"--keys-from", list, "--node-map", map, "--timeout", "100ms"});
            const Finished finished = run_at(cluster.url(), arguments);
            INFO(answer << ": " << command.front() << " " << command.back() << ": " << finished.err
                        << finished.out);
            CHECK((finished.exit_code == 3 || finished.exit_code == 4));
            CHECK(finished.err.find("not there") == std::string::npos);
        }
        CHECK(cluster.keys().size() == keys.size());
    }
}

TEST_CASE("a named key is not taken for absent where a cluster is down", "[cluster]") {
    RedisCluster cluster;
    const std::string key = "cache:t:victims:000000000001";
    cluster.fill({key});
    NodeServer& owner = cluster.owner(cluster.slots_of({key})[0]);
    NodeServer& other = &owner == &cluster.node(0) ? cluster.node(1) : cluster.node(0);
    const TempDir folder;
    const std::string plan = (folder.path() / "plan.json").string();
    REQUIRE(run_at(cluster.url(), {"plan", "-k", key, "-O", plan}).exit_code == 0);
    const std::string state = (folder.path() / "state.json").string(),
                      moved = (folder.path() / "moved").string();
    const std::vector<std::string> follow{"follow",     "--command", "cat " + moved, "-k",      key,
                                          "--max-keys", "1",         "--once",       "--state", state,
                                          "--settle",   "0"};
    std::ofstream(moved) << "1\n";
    REQUIRE(run_at(owner.url(), follow).exit_code == 0);
    const auto content = [](const std::string& path) {
        std::ifstream file(path);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    const std::string before = content(state);
    std::ofstream(moved) << "2\n";
    other.kill();
    REQUIRE(eventually([&] { return owner.cli({"EXISTS", key}).starts_with("CLUSTERDOWN"); }));
    for (const std::vector<std::string>& command : {std::vector<std::string>{"keys", "-k", key},
                                                    {"keys", "-k", key, "--count"},
                                                    {"keys", "-k", key, "-l"},
                                                    {"inspect", key},
                                                    {"stats", "-k", key},
                                                    {"invalidate", "-k", key},
                                                    {"invalidate", "-k", key, "-n"},
                                                    {"invalidate", "-k", key, "--max-keys", "1"},
                                                    {"invalidate", "-k", key, "--verify"},
                                                    {"apply", plan},
                                                    follow}) {
        std::vector<std::string> arguments = command;
        arguments.insert(arguments.end(), {"--timeout", "100ms"});
        RunOptions options;
        options.env["XDG_STATE_HOME"] = folder.path();
        const Finished finished = run_at(owner.url(), arguments, options);
        INFO(command.front() << " " << command.back() << ": " << finished.err << finished.out);
        CHECK((finished.exit_code == 3 || finished.exit_code == 4));
        CHECK(finished.err.find("not there") == std::string::npos);
    }
    CHECK(content(state) == before);
}

TEST_CASE("the removal that one node refuses is counted where others have done it", "[cluster]") {
    RedisCluster cluster;
    const auto keys = victims(300);
    cluster.fill(keys);
    const TempDir folder;
    const std::string refused = in_hex("-MISCONF Redis is configured to save RDB snapshots\r\n");
    const PythonServer between("tests/cli/meddler.py", {std::to_string(cluster.node(0).port()),
                                                        "UNLINK=" + refused, "DEL=" + refused});
    const std::string map = fmt::format("{}=127.0.0.1:{}", cluster.node(0).address(), between.port());
    const Finished finished = run_at(cluster.url(1), {"invalidate", "--keys-from", named_in(folder, keys),
                                                      "--node-map", map, "-o", "json"});
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code != 0);
    CHECK(finished.err.find("MISCONF") != std::string::npos);
    CHECK(json_printed(finished).at("removed") == keys.size() - cluster.keys().size());
}

TEST_CASE("Sentinels that have the cache's own password are asked with it", "[sentinel]") {
    SentinelGroup group;
    for (std::size_t number = 0; number < 3; ++number)
        group.sentinel(number).cli({"SENTINEL", "SET", SentinelGroup::k_service, "auth-pass", "s3cret"});
    for (std::size_t number = 0; number < 3; ++number) {
        group.server(number).cli({"CONFIG", "SET", "masterauth", "s3cret"});
        group.server(number).cli({"CONFIG", "SET", "requirepass", "s3cret"});
    }
    for (std::size_t number = 0; number < 3; ++number)
        group.sentinel(number).cli({"ACL", "SETUSER", "default", "resetpass", ">s3cret"});
    std::string url = group.url();
    CHECK(run_at(url, {"keys", "--count"}).exit_code == 4);
    url.insert(url.find("//") + 2, ":s3cret@");
    const Finished counted = run_at(url, {"keys", "--count"});
    INFO(counted.err);
    CHECK(counted.out == "0\n");
    CHECK(counted.err.find("s3cret") == std::string::npos);
}

TEST_CASE("a cluster's node whose memory is full is named", "[cluster]") {
    RedisCluster cluster;
    cluster.node(1).cli({"CONFIG", "SET", "maxmemory", "1"});
    const Finished told = run_at(cluster.url(), {"stats", "--no-scan"});
    INFO(told.err);
    CHECK(told.exit_code == 0);
    CHECK(told.err.find("writes are refused") != std::string::npos);
    CHECK(told.err.find("the memory of " + cluster.node(1).address() + " is full") != std::string::npos);
}

TEST_CASE("nodes that want more replicas for changes have done nothing, and it is said", "[cluster]") {
    RedisCluster cluster;
    cluster.fill(victims(300));
    for (std::size_t number = 0; number < cluster.size(); ++number)
        cluster.node(number).cli({"CONFIG", "SET", "min-replicas-to-write", "1"});
    for (const std::vector<std::string>& removal :
         {std::vector<std::string>{"invalidate", "-t", "t"}, {"invalidate", "-t", "t", "--soft", "1s"}}) {
        std::vector<std::string> command = removal;
        command.insert(command.end(), {"--timeout", "300ms", "-y"});
        const Finished finished = run_at(cluster.url(), command);
        INFO(finished.err << finished.out);
        CHECK(finished.exit_code == 3);
        CHECK_THAT(finished.err, Contains("fewer replicas") && Contains("min-replicas-to-write") &&
                                     !Contains("partly done"));
    }
    CHECK(cluster.keys().size() == 300);
    const Finished ping = run_at(cluster.url(), {"ping", "-v", "--timeout", "300ms"});
    INFO(ping.err << ping.out);
    CHECK(ping.exit_code == 0);
    CHECK_THAT(ping.out, Contains("NOREPLICAS"));
}

TEST_CASE("slots of a primary that came back as another node are away, and not nobody's", "[cluster]") {
    RedisCluster cluster;
    cluster.fill(victims(60));
    NodeServer& lost = cluster.node(2);
    REQUIRE(lost.cli({"FLUSHALL"}) == "OK");
    REQUIRE(lost.cli({"CLUSTER", "RESET", "HARD"}) == "OK");
    REQUIRE(eventually([&] {
        return cluster.node(0).cli({"CLUSTER", "NODES"}).find("noaddr") != std::string::npos &&
               cluster.node(1).cli({"CLUSTER", "NODES"}).find("noaddr") != std::string::npos;
    }));
    for (std::size_t number = 0; number < 2; ++number)
        cluster.node(number).cli(
            {"ACL", "SETUSER", "ana", "on", ">pw", "~*", "+@all", "-cluster", "+cluster|slots"});
    for (const std::string& url : {cluster.url(), "redis://ana:pw@" + cluster.node(0).address()}) {
        const Finished listed = run_at(url, {"keys", "--count", "--timeout", "300ms"});
        INFO(listed.err);
        CHECK(listed.exit_code == 3);
        CHECK_THAT(listed.err, Contains("of 16384 slots"));
    }
    const Finished ping = run_at(cluster.url(), {"ping", "--timeout", "300ms"});
    CHECK_THAT(ping.err, Contains("the cluster has no address of it") &&
                             Contains("no primary answers for 5462 of 16384 slots"));
}

TEST_CASE("doctor examines every node of a cluster, and one that is away is no reason to be silent",
          "[cluster][doctor]") {
    RedisCluster cluster(true);
    cluster.fill(victims(200));
    const auto examined = [&] {
        return run_at(cluster.url(), {"doctor", "-o", "json", "--timeout", "500ms"});
    };
    const json all = json_printed(examined());
    CHECK(all.at("servers").size() == cluster.size());
    CHECK(all.at("keys").at("in_database") == 200);
    const auto finding = [](const json& document, const std::string& id) {
        for (const json& one : document.at("findings"))
            if (one.at("id") == id) return one;
        return json();
    };
    const json limit = finding(all, "no-maxmemory");
    REQUIRE(limit.is_object());
    CHECK(limit.at("servers").size() == cluster.size());
    CHECK(limit.at("servers").at(0).at("evidence").at("maxmemory_bytes") == 0);
    CHECK(finding(all, "cluster-slots-uncovered").is_null());
    const Finished table = run_at(cluster.url(), {"doctor", "-o", "table"});
    CHECK(table.out.find("at 6 servers") != std::string::npos);
    CHECK(table.out.find(cluster.node(2).address() + ": maxmemory") != std::string::npos);

    cluster.node(1).kill();
    cluster.node(4).kill();
    REQUIRE(eventually([&] {
        return cluster.node(0).cli({"CLUSTER", "INFO"}).find("cluster_state:fail") != std::string::npos;
    }));
    const Finished partly = examined();
    CHECK(partly.exit_code == 1);
    CHECK(finding(json_printed(partly), "cluster-slots-uncovered").is_object());
}
