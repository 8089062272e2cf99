// Over which hosts a cluster's nodes are spread, and which of them are gone.

#include "tests/support/catch.hpp"
#include "tests/unit/stated_facts.hpp"

#include <algorithm>
#include <fmt/format.h>

using namespace roacache;
using namespace roacache::test;
using analysis::Facts;

namespace {

using Hosts = std::vector<std::string>;

Facts of_nodes(const std::string& nodes) {
    Facts facts = with_info("redis_mode", "cluster");
    facts.server.cluster_info.value =
        "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_fail:0\r\n";
    facts.server.cluster_nodes.value = nodes;
    return facts;
}

/// `10.0.0.1`, or `10.0.0.1,NAME` with the name that it announces.
std::string node_line(const std::string& id, const std::string& host, int port, const std::string& rest) {
    const std::size_t comma = std::min(host.find(','), host.size());
    return fmt::format("{} {}:{}@{}{} {}\n", id, host.substr(0, comma), port, port + 10'000,
                       host.substr(comma), rest);
}

/// A cluster whose primaries have the slots in equal parts, and a replica for each of the first ones. A host
/// that begins with `!` is away.
std::string nodes_at(const Hosts& primaries, const Hosts& replicas) {
    std::string text;
    const auto add = [&](const std::string& id, std::string host, std::size_t number, std::string flags,
                         const std::string& rest) {
        const bool away = host.starts_with('!');
        if (away) host.erase(0, 1);
        if (away) flags += ",fail";
        text += node_line(id, host, static_cast<int>(number), flags + rest);
    };
    for (std::size_t i = 0; i < primaries.size(); ++i)
        add(fmt::format("p{}", i), primaries[i], 7'000 + i, i == 0 ? "myself,master" : "master",
            fmt::format(" - 0 0 {} connected {}-{}", i + 1, 16'384 * i / primaries.size(),
                        16'384 * (i + 1) / primaries.size() - 1));
    for (std::size_t i = 0; i < replicas.size(); ++i)
        add(fmt::format("r{}", i), replicas[i], 8'000 + i, "slave",
            fmt::format(" p{} 0 0 {} connected", i, i + 1));
    return text;
}

/// `warning HOST 2/3`, or nothing.
std::string hosts_judged(const std::string& nodes) {
    const auto outcome = analysis::judge_primary_hosts(of_nodes(nodes));
    CHECK(outcome.not_checked.empty());
    if (!outcome.found) return {};
    const auto& evidence = outcome.found->evidence;
    return fmt::format("{} {} {}/{}", name_of(outcome.found->level.value_or(analysis::Level::warning)),
                       std::get<core::Untrusted>(evidence.at(0).second).bytes(),
                       std::get<std::uint64_t>(evidence.at(1).second),
                       std::get<std::uint64_t>(evidence.at(2).second));
}

const Hosts k_three{"10.0.0.1", "10.0.0.2", "10.0.0.3"};

} // namespace

TEST_CASE("a host that takes the majority of the primaries with it is found", "[doctor]") {
    CHECK(hosts_judged(nodes_at(k_three, {"10.0.0.2", "10.0.0.3", "10.0.0.1"})).empty());
    CHECK(found_in(of_nodes(nodes_at(k_three, {"10.0.0.2", "10.0.0.3", "10.0.0.1"}))).empty());
    const std::string two_together =
        nodes_at({"10.0.0.1", "10.0.0.1", "10.0.0.2"}, {"10.0.0.2", "10.0.0.3", "10.0.0.3"});
    CHECK(hosts_judged(two_together) == "warning 10.0.0.1 2/3");
    CHECK(found_in(of_nodes(two_together)) == "warning primaries-on-one-host");
    CHECK(analysis::judge_primary_hosts(of_nodes(two_together)).found->remedy.find("CLUSTER FAILOVER") !=
          std::string::npos);
    // Of two hosts one always has the majority.
    const auto two_hosts = analysis::judge_primary_hosts(
        of_nodes(nodes_at({"10.0.0.1", "10.0.0.2", "10.0.0.1"}, {"10.0.0.2", "10.0.0.1", "10.0.0.2"})));
    CHECK(two_hosts.found.value().remedy.find("three hosts") != std::string::npos);
    CHECK(hosts_judged(nodes_at({"10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2"}, {})) ==
          "warning 10.0.0.1, 10.0.0.2 2/4");
    // Who is away votes no more, and counts all the same. Five on four hosts have no better place.
    CHECK(hosts_judged(nodes_at({"10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"}, {})).empty());
    CHECK(hosts_judged(nodes_at({"10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3", "!10.0.0.4"}, {})) ==
          "warning 10.0.0.1 2/5");
}

TEST_CASE("more primaries on a host than its share is a note from a third of the slots on", "[doctor]") {
    CHECK(hosts_judged(nodes_at({"10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"},
                                {"10.0.0.5"})) == "note 10.0.0.1 2/5");
    // On three hosts there is no better place for six.
    Hosts six = k_three;
    six.insert(six.end(), k_three.begin(), k_three.end());
    CHECK(hosts_judged(nodes_at(six, {})).empty());
    Hosts seven{"10.0.0.1"}; // two of them together, beside a host without any: less than a third
    for (int host = 1; host <= 6; ++host)
        seven.push_back(fmt::format("10.0.0.{}", host));
    CHECK(hosts_judged(nodes_at(seven, {"10.0.0.7"})).empty());
}

TEST_CASE("a cluster on one host altogether, or behind one address, is meant to be so", "[doctor]") {
    for (const char* host : {"127.0.0.1", "::1", "10.0.0.1", "10.0.0.1,cache-1"}) {
        INFO(host);
        const Hosts all(3, host);
        CHECK(hosts_judged(nodes_at(all, all)).empty());
        CHECK(found_in(of_nodes(nodes_at(all, all))) == "warning replicas-on-one-host"); // told once
        CHECK(hosts_judged(nodes_at(all, {})).empty());
    }
    // A managed service that gives its proxy's address for every node.
    CHECK(hosts_judged("p0 10.0.0.1:6379@0 myself,master - 0 0 0 connected 0-8000\n"
                       "p1 10.0.0.1:6379@0 master - 0 0 0 connected 8001-16383\n"
                       "r0 10.0.0.2:6379@0 slave p0 0 0 0 connected\n")
              .empty());
}

TEST_CASE("hosts are told apart by their addresses, and called by the names that they announce", "[doctor]") {
    CHECK(hosts_judged(nodes_at({"10.0.0.1,cache-1", "10.0.0.1,cache-1", "10.0.0.2,cache-2"}, {})) ==
          "warning cache-1 2/3");
    // One name of a service for all of them is no host.
    CHECK(hosts_judged(
              nodes_at({"10.0.0.1,cache.example", "10.0.0.2,cache.example", "10.0.0.3,cache.example"}, {}))
              .empty());
    // A node that does not know its own address yet is where it was asked at.
    Facts facts = of_nodes(node_line("p0", "", 7000, "myself,master - 0 0 1 connected 0-5460") +
                           node_line("p1", "10.0.0.1", 7001, "master - 0 0 2 connected 5461-10922") +
                           node_line("p2", "10.0.0.2", 7002, "master - 0 0 3 connected 10923-16383"));
    CHECK_FALSE(analysis::judge_primary_hosts(facts).found);
    facts.server.server = "10.0.0.1:7000";
    CHECK(analysis::judge_primary_hosts(facts).found);
    facts.server.server = "[::1]:7000";
    CHECK_FALSE(analysis::judge_primary_hosts(facts).found);
    facts.server.cluster_nodes = {std::nullopt, "CLUSTER NODES: NOPERM"};
    CHECK(analysis::judge_primary_hosts(facts).not_checked == "CLUSTER NODES: NOPERM");
    CHECK(analysis::judge_primary_hosts(sound_facts()).not_checked.empty());
}

TEST_CASE("nodes that are gone and still known are found", "[doctor]") {
    const std::string whole = nodes_at(k_three, {"10.0.0.2", "10.0.0.3", "10.0.0.1"});
    const auto evidence = [](const std::string& nodes) {
        std::string text;
        const auto outcome = analysis::judge_nodes_away(of_nodes(nodes));
        if (!outcome.found) return text;
        for (const auto& [name, value] : outcome.found->evidence) {
            const auto* const count = std::get_if<std::uint64_t>(&value);
            text += fmt::format("{} {};", name,
                                count != nullptr ? fmt::format("{}", *count)
                                                 : std::get<core::Untrusted>(value).bytes());
        }
        return text;
    };
    CHECK(evidence(whole).empty());
    // A pod that came back under another address, and its old self.
    const std::string old = node_line("x9", "10.0.0.9", 6379, "master,fail - 1 1 4 disconnected");
    CHECK(evidence(whole + old) == "nodes 7;away 1;of_these 10.0.0.9:6379 x9;");
    CHECK(found_in(of_nodes(whole + old)) == "warning cluster-node-away");
    const std::string lost = "x8 :0@0 slave,fail,noaddr p0 1 1 4 disconnected\n";
    CHECK(evidence(whole + lost) == "nodes 7;away 0;without_address 1;");
    // One that may come back, one that is on its way in, and one whose slots are another finding.
    CHECK(evidence(whole + node_line("x7", "10.0.0.7", 6379, "slave,fail? p0 1 1 4 disconnected")).empty());
    CHECK(evidence(whole + ":0 :0@0 handshake - 0 0 0 disconnected\n").empty());
    CHECK(evidence(nodes_at({"10.0.0.1", "!10.0.0.2", "10.0.0.3"}, {})).empty());
    CHECK(analysis::judge_nodes_away(sound_facts()).not_checked.empty());
}
