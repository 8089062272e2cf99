// Clusters whose nodes announce addresses that lead nowhere from here.

#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"

#include <fmt/format.h>
#include <fstream>

using namespace roacache::test;

namespace {

/// Where no server of these tests listens.
constexpr const char* k_elsewhere = "127.0.0.9";

std::string list_in(const TempDir& folder, const std::string& key) {
    std::string list = folder.path() / "keys";
    std::ofstream(list) << key << "\n";
    return list;
}

std::string cluster_at(const std::string& host, const NodeServer& node) {
    return fmt::format("redis+cluster://{}:{}", host, node.port());
}

} // namespace

TEST_CASE("nodes are reached by the endpoint that the cluster prefers", "[cluster]") {
    const auto node = start_cluster_of_one(
        {"--cluster-announce-ip", k_elsewhere, "--cluster-announce-hostname", "localhost"});
    REQUIRE(node->cli({"SET", "cache:t:victims:1", "value", "EX", "1000"}) == "OK");
    const auto count = [&](const std::vector<std::string>& more) {
        std::vector<std::string> command{"keys", "--count", "--timeout", "300ms"};
        command.insert(command.end(), more.begin(), more.end());
        return run_at(cluster_at("127.0.0.1", *node), command);
    };
    CHECK(count({}).exit_code == 3);
    CHECK(count({"--node-map", fmt::format("{}=127.0.0.1", k_elsewhere)}).out == "1\n");
    CHECK(count({"--node-map", "localhost=127.0.0.1"}).out == "1\n");
    for (const char* const preferred : {"hostname", "unknown-endpoint"}) {
        REQUIRE(node->cli({"CONFIG", "SET", "cluster-preferred-endpoint-type", preferred}) == "OK");
        const Finished finished = count({});
        INFO(preferred << ": " << finished.err);
        CHECK(finished.out == "1\n");
    }
    // A name that means nothing here is of a node that is reached by its address.
    node->cli({"CONFIG", "SET", "cluster-announce-ip", "127.0.0.1", "cluster-announce-hostname",
               "cache-1.roacache.invalid", "cluster-preferred-endpoint-type", "hostname"});
    CHECK(count({}).out == "1\n");
}

TEST_CASE("a node that is not reached where it announces to be is named, with what helps", "[cluster]") {
    const auto node = start_cluster_of_one({"--cluster-announce-ip", k_elsewhere});
    const std::string announced = fmt::format("{}:{}", k_elsewhere, node->port());
    const TempDir folder;
    const std::string list = list_in(folder, "cache:t:victims:1");
    for (const std::vector<std::string>& command : {std::vector<std::string>{"ping"},
                                                    {"keys"},
                                                    {"keys", "--keys-from", list},
                                                    {"keys", "-k", "cache:t:victims:1"},
                                                    {"inspect", "cache:t:victims:1"},
                                                    {"stats"},
                                                    {"doctor"},
                                                    {"invalidate", "-t", "t"}}) {
        std::vector<std::string> arguments = command;
        arguments.insert(arguments.end(), {"--timeout", "100ms"});
        const Finished lost = run_at(cluster_at("localhost", *node), arguments);
        INFO(command.front() << ": " << lost.err << lost.out);
        CHECK(lost.exit_code == 3);
        CHECK_THAT(lost.err, Contains(announced + ": connection refused") &&
                                 Contains(fmt::format("--node-map {}=localhost", k_elsewhere)));
        arguments.insert(arguments.end(), {"--node-map", announced + "=127.0.0.1:1"});
        const Finished astray = run_at(cluster_at("localhost", *node), arguments);
        INFO(astray.err << astray.out);
        CHECK(astray.exit_code == 3);
        CHECK_THAT(astray.err, Contains(announced + ": cannot connect: 127.0.0.1:1: connection refused") &&
                                   Contains("Check --node-map"));
    }
}

TEST_CASE("a node that announces no port is named, with what helps", "[cluster]") {
    const auto node = start_cluster_of_one({});
    const std::string line =
        node->cli({"CLUSTER", "MYID"}) + " 127.0.0.1:0@1 myself,master - 0 0 1 connected 0-16383\n";
    const PythonServer without_port(
        "tests/cli/meddler.py",
        {std::to_string(node->port()), "CLUSTER=" + in_hex(fmt::format("${}\r\n{}\r\n", line.size(), line))});
    for (const char* const command : {"ping", "keys", "doctor"}) {
        const Finished lost =
            run_at(fmt::format("redis+cluster://127.0.0.1:{}", without_port.port()), {command});
        INFO(command << ": " << lost.err);
        CHECK(lost.exit_code == 3);
        CHECK_THAT(lost.err, Contains("127.0.0.1: the node announces no port for connections without TLS") &&
                                 Contains("rediss+cluster://"));
    }
}
