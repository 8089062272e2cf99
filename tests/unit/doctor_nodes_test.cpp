#include "tests/support/catch.hpp"
#include "tests/unit/stated_facts.hpp"

using namespace roacache;
using namespace roacache::test;
using analysis::Facts;

namespace {

/// Of Redis 7.0: three primaries with a replica each, all on their primary's host but one; a slot moves.
constexpr const char* k_nodes =
    "07c37dfeb235213a872192d90877d0cd55635b91 "
    "10.0.0.1:30004@31004,,tls-port=0,shard-id=69bc080733d1355567173199cff4a6a039a2f024 slave "
    "e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca 0 1426238317239 4 connected\n"
    "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 10.0.0.2:30002@31002,host-2 master - 0 1426238316232 2 "
    "connected 5461-10922\n"
    "292f8b365bb7edb5e285caf0b7e6ddc7265d2f4f 10.0.0.3:30003@31003 master - 0 1426238318243 3 connected "
    "10923-16382 16383\n"
    "6ec23923021cf3ffec47632106199cb7f496ce01 10.0.0.3:30005@31005 slave "
    "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 0 1426238316232 5 connected\n"
    "824fe116063bc5fcf9f4ffd895bc17aee7731ac3 10.0.0.3:30006@31006 slave,fail "
    "292f8b365bb7edb5e285caf0b7e6ddc7265d2f4f 0 1426238317741 6 disconnected\n"
    "e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca 10.0.0.1:30001@31001 myself,master - 0 0 1 connected 0-5460 "
    "[93-<-292f8b365bb7edb5e285caf0b7e6ddc7265d2f4f]\n"
    "1111111111111111111111111111111111111111 :0@0 master,noaddr - 1426238317741 1426238316232 7 "
    "disconnected\n";

/// A primary and its replica, each on a host of its own.
constexpr const char* k_spread = "a1 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-16383\n"
                                 "b2 10.0.0.2:7000@17000 slave a1 0 1 1 connected\n";

constexpr const char* k_whole =
    "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\n"
    "cluster_slots_pfail:0\r\ncluster_slots_fail:0\r\ncluster_known_nodes:6\r\n";

Facts of_cluster(const std::string& info, const std::string& nodes) {
    Facts facts = with_info("redis_mode", "cluster");
    facts.server.cluster_info.value = info;
    facts.server.cluster_nodes.value = nodes;
    return facts;
}

} // namespace

TEST_CASE("slots that nobody serves are found", "[doctor]") {
    CHECK(found_in(of_cluster(k_whole, k_spread)).empty());
    CHECK(
        found_in(of_cluster("cluster_state:fail\r\ncluster_slots_assigned:10923\r\ncluster_slots_fail:0\r\n",
                            k_spread)) == "error cluster-slots-uncovered");
    CHECK(found_in(
              of_cluster("cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_fail:5461\r\n",
                         k_spread)) == "error cluster-slots-uncovered"); // cluster-require-full-coverage no
    // A node that came back as another; its replica has not taken over.
    CHECK(found_in(of_cluster(k_whole, "a1 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-10922\n"
                                       "b2 10.0.0.2:7000@17000 slave a1 0 1 1 connected\n"
                                       "x8 :0@0 master,noaddr - 1 1 2 disconnected 10923-16383\n"
                                       "c3 10.0.0.3:7000@17000 slave x8 0 1 2 connected\n")) ==
          "error cluster-slots-uncovered");
    Facts refused = of_cluster(k_whole, k_spread);
    refused.server.cluster_info = {std::nullopt, "CLUSTER INFO: NOPERM"};
    CHECK(not_checked(refused, "cluster-slots-uncovered") == "CLUSTER INFO: NOPERM");
}

TEST_CASE("slots whose move did not end are found at either end", "[doctor]") {
    const auto judged = [](const std::string& slots) {
        const auto found =
            analysis::judge_open_slots(
                of_cluster(k_whole, "a1 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-16383" + slots +
                                        "\nb2 10.0.0.2:7000@17000 slave a1 0 1 1 connected\n"))
                .found;
        std::string text;
        if (found)
            for (const auto& [name, value] : found->evidence)
                text += name + " " + std::get<core::Untrusted>(value).bytes() + ";";
        return text;
    };
    CHECK(judged("").empty());
    CHECK(judged(" [93->-b2] [94->-b2]") == "migrating_slots 93-94;");
    CHECK(judged(" [93-<-b2] [7->-b2]") == "migrating_slots 7;importing_slots 93;");
    const Facts repeated = of_cluster(k_whole, "a1 10.0.0.1:7000@17000 master - 0 0 1 connected 0-16383\n"
                                               "b2 10.0.0.2:7000@17000 myself,slave a1 0 1 1 connected "
                                               "[93->-c3]\n");
    CHECK_FALSE(analysis::judge_open_slots(repeated).found); // by a replica of Valkey 9
    CHECK(analysis::judge_open_slots(sound_facts()).not_checked.empty());
}

TEST_CASE("a slot that a node does not own by its own word, whatever others say", "[doctor]") {
    const auto view = [](const char* a, const char* b, bool by_a) {
        return of_cluster(k_whole, std::string("a1 10.0.0.1:7000@17000 ") + (by_a ? "myself," : "") +
                                       "master - 0 0 1 connected " + a + "\nb2 10.0.0.2:7000@17000 " +
                                       (by_a ? "" : "myself,") + "master - 0 0 2 connected " + b + "\n");
    };
    const auto judged = [](const Facts& one, const Facts& other) {
        return analysis::judge_disputed_slots(std::vector{one, other});
    };
    const auto first = [](const analysis::Outcome& outcome) {
        const auto& [name, value] = outcome.found.value().evidence.at(0);
        return name + " " + std::get<core::Untrusted>(value).bytes();
    };
    const Facts a = view("0-8000", "8001-16383", true), b = view("0-8000", "8001-16383", false);
    CHECK_FALSE(judged(a, b).found);
    CHECK(judged(a, b).not_checked.empty());
    CHECK(first(judged(view("0-7999", "8000-16383", true), b)) == "owned_by_nobody 8000");
    CHECK(first(judged(a, view("0-7999", "8000-16383", false))) == "owned_twice 8000");
    CHECK(judged(view("0-7999 [8000->-b2]", "8001-16383", true), b).not_checked ==
          "slots are on their way between nodes");
    Facts silent = b;
    silent.server.cluster_nodes = {std::nullopt, "CLUSTER NODES: NOPERM"};
    CHECK(judged(a, silent).not_checked == "not every node that has slots tells its own");
}

TEST_CASE("a primary whose replicas are all on its host is found", "[doctor]") {
    const Facts facts = of_cluster(k_whole, k_nodes);
    CHECK(found_in(facts) ==
          "warning open-slots\nwarning replicas-on-one-host\nwarning cluster-node-away\nwarning "
          "primary-without-replica");
    const auto evidence = analysis::diagnose(facts).findings.at(1).found.evidence;
    CHECK(std::get<std::uint64_t>(evidence.at(0).second) == 2); // the third one's replica has failed
    CHECK(std::get<std::uint64_t>(evidence.at(1).second) == 1);
    CHECK(std::get<core::Untrusted>(evidence.at(2).second) == "10.0.0.1");
    CHECK(found_in(of_cluster(k_whole, k_spread)).empty());
    // StackExchange.Redis#2646: a managed service that gives all nodes the address of its proxy.
    CHECK(found_in(of_cluster(k_whole, "a1 10.0.0.1:6379@0 myself,master - 0 0 0 connected 0-16383\n"
                                       "b2 10.0.0.1:6379@0 slave a1 0 0 0 connected\n"))
              .empty());
    CHECK(not_checked(of_cluster(k_whole, "rubbish"), "replicas-on-one-host") ==
          "CLUSTER NODES: the answer is none");
}

TEST_CASE("primaries of a cluster without a replica are one finding", "[doctor]") {
    const auto evidence = [](const Facts& facts) {
        for (const auto& finding : analysis::diagnose(facts).findings)
            if (finding.id == "primary-without-replica") return finding.found.evidence;
        return analysis::EvidenceList();
    };
    const auto away = evidence(of_cluster(k_whole, k_nodes)); // that one's replica has failed
    REQUIRE(away.size() == 3);
    CHECK(std::get<std::uint64_t>(away.at(0).second) == 3);
    CHECK(std::get<std::uint64_t>(away.at(1).second) == 1);
    CHECK(std::get<core::Untrusted>(away.at(2).second) == "10.0.0.3:30003");
    Facts bare = of_cluster(k_whole, "a1 :7000@17000 myself,master - 0 0 1 connected 0-8000\n"
                                     "b2 ::1:7001@17001 master - 0 1 2 connected 8001-16383\n"
                                     "c3 10.0.0.3:7000@17000 master - 0 1 3 connected\n"); // of no use yet
    bare.server.server = "10.0.0.1:7000";
    CHECK(found_in(std::vector{bare, bare}) == "warning primary-without-replica");
    CHECK(std::get<core::Untrusted>(evidence(bare).at(2).second) == "10.0.0.1:7000, [::1]:7001");
    CHECK(analysis::diagnose(bare).findings.front().title.starts_with("No primary"));
    bare.server.cluster_nodes = {std::nullopt, "CLUSTER NODES: NOPERM"};
    CHECK(not_checked(bare, "primary-without-replica") == "CLUSTER NODES: NOPERM");
}

TEST_CASE("a primary that Sentinels watch has a replica that is linked to it", "[doctor]") {
    Facts primary = sound_facts(), replica = with_info("role", "slave");
    CHECK(found_in(primary).empty()); // which stands alone, and is to
    (*replica.server.info.value)["master_link_status"] = "up";
    primary.server.server = "10.0.0.1:6379";
    replica.server.server = "10.0.0.2:6379";
    CHECK(found_in({with_info("connected_slaves", "1", primary), replica}).empty());
    CHECK(found_in({primary, replica}) == "warning primary-without-replica");
    CHECK(not_checked(replica, "primary-without-replica") == "the primary does not tell");
}

TEST_CASE("servers of one cache that are set up differently are found, each with what it says", "[doctor]") {
    Facts primary = with_info("connected_slaves", "1"), replica = with_info("role", "slave");
    (*replica.server.info.value)["master_link_status"] = "up";
    primary.server.server = "10.0.0.1:6379";
    replica.server.server = "10.0.0.2:6379";
    const auto judged = [&](const Facts& other) {
        const auto found = analysis::judge_differences(std::vector{primary, other}).found;
        std::string text;
        if (found)
            for (const auto& place : found->places)
                for (const auto& [name, value] : place.evidence)
                    text += place.server + " " + name + ";";
        return text;
    };
    CHECK(judged(replica).empty());
    CHECK(judged(with_info("maxmemory", "1073741824", replica)) ==
          "10.0.0.1:6379 maxmemory_bytes;10.0.0.2:6379 maxmemory_bytes;");
    CHECK(found_in({primary, with_info("maxmemory", "1073741824", replica)}) == "warning servers-differ");
    CHECK(judged(with_info("maxmemory_policy", "allkeys-lfu", replica)).find("maxmemory_policy") !=
          std::string::npos);
    CHECK(judged(with_info("redis_version", "7.2.12", replica)).find("version") != std::string::npos);
    CHECK(judged(with_info("valkey_version", "8.0.1", replica)).find("version") != std::string::npos);
    const auto remedy = [&](const Facts& other) {
        return analysis::judge_differences(std::vector{primary, other}).found.value().remedy;
    };
    CHECK(remedy(with_info("redis_version", "7.2.12", replica)).starts_with("update"));
    CHECK(remedy(with_info("maxmemory", "1", replica)).find("CONFIG SET maxmemory VALUE") !=
          std::string::npos);
    // Who does not tell does not differ.
    CHECK(judged(with_info("maxmemory", "", replica)).empty());
    CHECK(judged(with_setting("maxclients", "100", replica)).empty());
    Facts away;
    away.server.server = "10.0.0.3:6379";
    away.server.info.why_not = "cannot connect";
    CHECK(judged(away).empty());
    CHECK(analysis::judge_differences(std::vector{primary, away}).not_checked == "cannot connect");
    CHECK(analysis::judge_differences(std::vector{primary, away, replica}).not_checked.empty());
}
