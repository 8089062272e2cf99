// A removal from several servers that ended before its end: each is gone on with, or walked anew.

#include "tests/cli/planned.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <functional>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Interrupts a removal of tenant t when `far_enough` says so; the file of what is left is in the folder.
void interrupt(const std::string& url, const std::filesystem::path& file,
               const std::function<bool()>& far_enough) {
    Process process({"sh", "-c",
                     "exec '" + program() + "' invalidate -u '" + url +
                         "' -t t -q -o json --max-pause 20us --max-rate 4000 --resume-file " + file.string() +
                         " > /dev/null"});
    REQUIRE(eventually(far_enough, std::chrono::seconds(60)));
    process.signal(SIGINT);
    REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
    INFO(process.log());
    REQUIRE(process.stop() == 130);
}

json resumed_at(const std::string& url, const std::filesystem::path& file) {
    const Finished finished =
        run_at(url, {"invalidate", "--resume", file.string(), "-o", "json", "--timeout", "10s"});
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    return json::parse(finished.out);
}

/// `on` or `anew` by address.
json walked(const json& answer) {
    json by = json::object();
    for (const json& server : answer.at("resumed").at("servers"))
        by[server.at("server")] = server.at("walked");
    return by;
}

/// A cluster with a removal that was interrupted in the middle.
struct HalfCluster {
    static constexpr int k_keys = 30'000;
    RedisCluster cluster;
    std::vector<std::string> keys = victims(k_keys);
    TempDir folder;
    std::filesystem::path file = folder.path() / "left.json";

    HalfCluster() {
        cluster.fill(keys);
        interrupt(cluster.url(), file, [&] { return cluster.keys().size() < k_keys / 2; });
        REQUIRE(!cluster.keys().empty());
    }
    void check_none_left_of(const std::set<std::string>& there) {
        const std::set<std::string> now = cluster.keys();
        CHECK(std::none_of(there.begin(), there.end(), [&](const auto& key) { return now.contains(key); }));
    }
};

} // namespace

TEST_CASE("each node of a cluster is gone on with where it was", "[resume][cluster]") {
    HalfCluster half;
    const std::set<std::string> there = half.cluster.keys();
    half.cluster.fill(half.keys);
    const json answer = resumed_at(half.cluster.url(), half.file);
    for (const json& how : walked(answer))
        CHECK(how == "on");
    CHECK(walked(answer).size() == 3);
    CHECK(answer.at("removed") < HalfCluster::k_keys);
    half.check_none_left_of(there);
}

TEST_CASE("a node of a cluster that was started anew is walked anew, the others go on", "[resume][cluster]") {
    HalfCluster half;
    NodeServer& node = half.cluster.node(1);
    node.kill();
    node.start();
    REQUIRE(eventually(
        [&] {
            return half.cluster.cli({"cluster", "info"}).find("cluster_state:ok") != std::string::npos &&
                   node.cli({"cluster", "info"}).find("cluster_state:ok") != std::string::npos;
        },
        std::chrono::seconds(60)));
    const std::set<std::string> there = half.cluster.keys();
    half.cluster.fill(half.keys);
    const json answer = resumed_at(half.cluster.url(), half.file);
    json expected;
    for (std::size_t number = 0; number < 3; ++number)
        expected[half.cluster.node(number).address()] = number == 1 ? "anew" : "on";
    CHECK(walked(answer) == expected);
    CHECK(answer.at("resumed").at("same_server") == true);
    CHECK(answer.at("resumed").at("walked") == "in part anew");
    half.check_none_left_of(there);
    CHECK(node.cli({"dbsize"}) == "0");
}

TEST_CASE("nodes between which a slot has moved are walked anew", "[resume][cluster]") {
    HalfCluster half;
    const std::size_t slot = half.cluster.slots_of({half.keys.front()}).front();
    NodeServer& from = half.cluster.owner(slot);
    NodeServer& to = half.cluster.node(&from == &half.cluster.node(0) ? 1 : 0);
    half.cluster.fill(half.keys);
    half.cluster.move_slot(slot, from, to);
    const std::set<std::string> there = half.cluster.keys();
    const json answer = resumed_at(half.cluster.url(), half.file);
    const json how = walked(answer);
    CHECK(how.at(from.address()) == "anew");
    CHECK(how.at(to.address()) == "anew");
    CHECK(std::count_if(how.begin(), how.end(), [](const json& one) { return one == "on"; }) == 1);
    CHECK(from.cli({"dbsize"}) == "0");
    CHECK(to.cli({"dbsize"}) == "0");
}

TEST_CASE("another primary than the one that was interrupted is walked anew", "[resume][sentinel]") {
    SentinelGroup group;
    NodeServer& first = group.primary();
    RunOptions options;
    for (const std::string& key : victims(20'000))
        options.input += "SET " + key + " v EX 100000\n";
    run({"redis-cli", "-p", std::to_string(first.port())}, options);
    const TempDir folder;
    const auto file = folder.path() / "left.json";
    interrupt(group.url(), file, [&] { return std::stol(first.cli({"dbsize"})) < 10'000; });
    first.kill();
    group.wait_until_agreed();
    const json answer = resumed_at(group.url(), file);
    CHECK(walked(answer) == json{{group.primary().address(), "anew"}});
    CHECK(group.primary().cli({"dbsize"}) == "0");
}
