// What is wrong with several servers together is found, at real ones, and nothing else.

#include "tests/cli/examined.hpp"
#include "tests/support/nodes.hpp"

using namespace roacache::test;
using nlohmann::json;

namespace {

using Ids = std::set<std::string>;

/// Of servers that nothing is wrong with, and that follow each other.
const std::vector<std::string> k_sound = [] {
    std::vector<std::string> settings = sound_settings();
    settings.insert(settings.begin(), {"--masterauth", "s3cret"});
    return settings;
}();

/// What is found, by id. Of this machine nothing is looked at.
std::map<std::string, json> findings_at(const std::string& url, bool with_password = true) {
    RunOptions options;
    if (with_password) options.env["REDISCLI_AUTH"] = "s3cret";
    const Finished finished = run_roacache(
        {"doctor", "-o", "json", "--timeout", "500ms", "--host-root", "/dev", "-u", url}, options);
    INFO(finished.out << finished.err);
    std::map<std::string, json> findings;
    const json answer = json::parse(finished.out);
    for (const json& finding : answer.at("findings"))
        CHECK(findings.emplace(finding.at("id"), finding).second);
    return findings;
}

Ids ids_of(const std::map<std::string, json>& findings) {
    Ids ids;
    for (const auto& [id, finding] : findings)
        ids.insert(id);
    return ids;
}

} // namespace

TEST_CASE("of a sound cluster on one host that alone is found", "[doctor][cluster]") {
    RedisCluster cluster(true, k_sound);
    CHECK(ids_of(findings_at(cluster.url())) == Ids{"replicas-on-one-host"});

    cluster.node(4).kill();
    REQUIRE(eventually([&] {
        return cluster.node(0).cli({"CLUSTER", "NODES"}).find("slave,fail ") != std::string::npos;
    }));
    const auto findings = findings_at(cluster.url());
    CHECK(ids_of(findings) == Ids{"replicas-on-one-host", "primary-without-replica", "cluster-node-away"});
    const json evidence = findings.at("primary-without-replica").at("evidence");
    CHECK(evidence.at("addresses") == cluster.node(1).address());
    const std::string away = findings.at("cluster-node-away").at("evidence").at("of_these");
    REQUIRE(away.starts_with(cluster.node(4).address() + " "));
    // One that is gone for good is forgotten by the remedy.
    CHECK(findings.at("cluster-node-away")
              .at("remedy")
              .get<std::string>()
              .find("redis-cli --cluster call HOST:PORT CLUSTER FORGET ID") != std::string::npos);
    RunOptions options;
    options.env["REDISCLI_AUTH"] = "s3cret";
    const Finished forgotten = run({"redis-cli", "--cluster", "call", cluster.node(0).address(), "CLUSTER",
                                    "FORGET", away.substr(away.find(' ') + 1)},
                                   options);
    INFO(forgotten.out << forgotten.err);
    CHECK(ids_of(findings_at(cluster.url())) == Ids{"replicas-on-one-host", "primary-without-replica"});
}

TEST_CASE("two primaries on one of three hosts are found, and the remedy parts them", "[doctor][cluster]") {
    std::vector<std::string> arguments = k_sound;
    arguments.insert(arguments.end(), {"--bind", "127.0.0.1 127.0.0.2 127.0.0.3"});
    RedisCluster cluster(true, arguments);
    const std::vector<std::string> hosts{"127.0.0.1", "127.0.0.1", "127.0.0.2",
                                         "127.0.0.2", "127.0.0.3", "127.0.0.3"};
    for (std::size_t number = 0; number < cluster.size(); ++number)
        REQUIRE(cluster.node(number).cli({"CONFIG", "SET", "cluster-announce-ip", hosts[number]}) == "OK");
    const auto known_everywhere = [&](std::size_t number) {
        const std::string address = " " + hosts[number] + ":" + std::to_string(cluster.node(number).port());
        for (std::size_t other = 0; other < cluster.size(); ++other)
            if (cluster.node(other).cli({"CLUSTER", "NODES"}).find(address) == std::string::npos)
                return false;
        return true;
    };
    for (std::size_t number = 0; number < cluster.size(); ++number)
        REQUIRE(eventually([&] { return known_everywhere(number); }, std::chrono::seconds(30)));
    for (std::size_t number = 3; number < cluster.size(); ++number)
        REQUIRE(eventually(
            [&] {
                return cluster.node(number).cli({"INFO", "replication"}).find("master_link_status:up") !=
                       std::string::npos;
            },
            std::chrono::seconds(30)));
    const auto findings = findings_at(cluster.url());
    REQUIRE(ids_of(findings) == Ids{"primaries-on-one-host"});
    const json evidence = findings.at("primaries-on-one-host").at("evidence");
    CHECK(evidence.at("hosts") == "127.0.0.1");
    CHECK(evidence.at("primaries_there") == 2);
    CHECK(evidence.at("primaries") == 3);
    CHECK(findings.at("primaries-on-one-host").at("remedy").get<std::string>().find("CLUSTER FAILOVER") !=
          std::string::npos);
    REQUIRE(cluster.node(4).cli({"CLUSTER", "FAILOVER"}) == "OK");
    CHECK(eventually([&] { return ids_of(findings_at(cluster.url())).empty(); }, std::chrono::seconds(30)));
}

TEST_CASE("Sentinels that are too few to agree are found, by what they say themselves", "[doctor][cluster]") {
    std::vector<std::string> arguments(k_sound.begin() + 4, k_sound.end());
    SentinelGroup group(arguments);
    group.sentinel(1).kill();
    group.sentinel(2).kill();
    REQUIRE(eventually([&] {
        return group.sentinel(0).cli({"SENTINEL", "CKQUORUM", SentinelGroup::k_service}).find("NOQUORUM") !=
               std::string::npos;
    }));
    const auto findings = findings_at(group.url(), false);
    CHECK(ids_of(findings) == Ids{"default-user-without-password", "sentinel-quorum"});
    const json places = findings.at("sentinel-quorum").at("servers");
    REQUIRE(places.size() == 1);
    CHECK(places[0].at("server") == group.sentinel(0).address());
    CHECK(places[0].at("evidence").at("says").get<std::string>().starts_with("NOQUORUM"));
    group.sentinel(1).start();
    CHECK(eventually(
        [&] { return ids_of(findings_at(group.url(), false)) == Ids{"default-user-without-password"}; },
        std::chrono::seconds(30)));
}

TEST_CASE("a cluster without replicas is one finding", "[doctor][cluster]") {
    RedisCluster cluster(false, k_sound);
    const auto findings = findings_at(cluster.url(2));
    CHECK(ids_of(findings) == Ids{"primary-without-replica"});
    const json finding = findings.at("primary-without-replica");
    CHECK(finding.at("level") == "warning");
    CHECK(finding.at("evidence").at("without_replica") == 3);
    for (std::size_t number = 0; number < cluster.size(); ++number)
        CHECK(
            finding.at("evidence").at("addresses").get<std::string>().find(cluster.node(number).address()) !=
            std::string::npos);
    CHECK_FALSE(finding.contains("servers"));
}

TEST_CASE("a primary that Sentinels watch and that has lost its replicas is found", "[doctor][cluster]") {
    std::vector<std::string> arguments(k_sound.begin() + 4, k_sound.end()); // Sentinels know no password
    SentinelGroup group(arguments);
    CHECK(ids_of(findings_at(group.url(), false)) == Ids{"default-user-without-password"});
    group.server(1).kill();
    group.server(2).kill();
    const auto findings = findings_at(group.url(), false);
    CHECK(ids_of(findings) == Ids{"default-user-without-password", "primary-without-replica"});
    CHECK(findings.at("primary-without-replica").at("evidence").at("addresses") == group.server(0).address());
}

TEST_CASE("servers of a cluster that are set up differently are found, with what each says",
          "[doctor][cluster]") {
    RedisCluster cluster(true, k_sound);
    cluster.node(1).cli({"CONFIG", "SET", "maxmemory", "300mb"});
    cluster.node(5).cli({"CONFIG", "SET", "maxmemory-policy", "volatile-ttl"});
    const auto findings = findings_at(cluster.url());
    CHECK(ids_of(findings) == Ids{"replicas-on-one-host", "servers-differ"});
    const json finding = findings.at("servers-differ");
    CHECK(finding.at("evidence").at("differing") == "maxmemory, maxmemory-policy");
    REQUIRE(finding.at("servers").size() == cluster.size());
    for (const json& server : finding.at("servers")) {
        const json evidence = server.at("evidence");
        CHECK(evidence.size() == 2);
        const bool smaller = server.at("server") == cluster.node(1).address();
        CHECK(evidence.at("maxmemory_bytes") == (smaller ? 300 << 20 : 400 << 20));
        const bool other = server.at("server") == cluster.node(5).address();
        CHECK(evidence.at("maxmemory_policy") == (other ? "volatile-ttl" : "allkeys-lru"));
    }
    cluster.node(1).cli({"CONFIG", "SET", "maxmemory", "400mb"});
    cluster.node(5).cli({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    CHECK(ids_of(findings_at(cluster.url())) == Ids{"replicas-on-one-host"});
}

TEST_CASE("slots whose move was broken off are found, and the remedy mends them", "[doctor][cluster]") {
    RedisCluster cluster(true, k_sound);
    NodeServer &from = cluster.node(0), &to = cluster.node(1);
    to.cli({"CLUSTER", "SETSLOT", "7", "IMPORTING", from.cli({"CLUSTER", "MYID"})});
    from.cli({"CLUSTER", "SETSLOT", "7", "MIGRATING", to.cli({"CLUSTER", "MYID"})});
    const auto findings = findings_at(cluster.url());
    CHECK(ids_of(findings) == Ids{"replicas-on-one-host", "open-slots"});
    std::map<std::string, json> places;
    for (const json& server : findings.at("open-slots").at("servers"))
        places[server.at("server")] = server.at("evidence");
    CHECK(places == std::map<std::string, json>{{from.address(), {{"migrating_slots", "7"}}},
                                                {to.address(), {{"importing_slots", "7"}}}});
    const std::string remedy = findings.at("open-slots").at("remedy");
    CHECK(remedy.find("redis-cli --cluster fix HOST:PORT") != std::string::npos);
    RunOptions options;
    options.env["REDISCLI_AUTH"] = "s3cret";
    const Finished fixed = run({"redis-cli", "--cluster", "fix", to.address()}, options);
    INFO(fixed.out << fixed.err);
    CHECK(fixed.exit_code == 0);
    CHECK(ids_of(findings_at(cluster.url())) == Ids{"replicas-on-one-host"});
}

TEST_CASE("slots that each of two nodes takes for the other's are found", "[doctor][cluster]") {
    // redis#2969, #9421: a move whose last step reached one node alone.
    RedisCluster cluster(true, k_sound);
    NodeServer &from = cluster.node(0), &to = cluster.node(1);
    REQUIRE(from.cli({"CLUSTER", "SETSLOT", "7", "NODE", to.cli({"CLUSTER", "MYID"})}) == "OK");
    const auto findings = findings_at(cluster.url());
    CHECK(ids_of(findings) == Ids{"replicas-on-one-host", "slots-disputed"});
    CHECK(findings.at("slots-disputed").at("level") == "error");
    CHECK(findings.at("slots-disputed").at("evidence").at("owned_by_nobody") == "7");
    REQUIRE(to.cli({"CLUSTER", "SETSLOT", "7", "NODE", to.cli({"CLUSTER", "MYID"})}) == "OK");
    CHECK(ids_of(findings_at(cluster.url())) == Ids{"replicas-on-one-host"});
}
