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
    CHECK(ids_of(findings) == Ids{"replicas-on-one-host", "primary-without-replica"});
    const json evidence = findings.at("primary-without-replica").at("evidence");
    CHECK(evidence.at("addresses") == cluster.node(1).address());
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
