// Clusters whose nodes announce addresses that lead nowhere from here.

#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"

#include <fmt/format.h>

using namespace roacache::test;

namespace {

/// Where no server of these tests listens.
constexpr const char* k_elsewhere = "127.0.0.9";

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
