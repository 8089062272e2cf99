// Clusters and Sentinels over TLS, each of whose servers has a certificate of its own.

#include "tests/cli/served_commands.hpp"
#include "tests/support/authority.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Servers' options: with what the certificate is good for they speak to each other.
std::vector<std::string> over_tls(const Authority& authority, const Certificate& own,
                                  std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--tls-cert-file", own.certificate, "--tls-key-file", own.key,
                             "--tls-ca-cert-file", authority.certificate(), "--tls-cluster", "yes",
                             "--tls-replication", "yes", "--tls-auth-clients", "no"});
    return more;
}

struct TlsCluster {
    explicit TlsCluster(bool replicas = false, const std::vector<std::string>& more = {})
        : cluster(replicas, over_tls(authority, first, more)) {}

    void set(std::size_t number, const std::string& setting, const std::string& value) {
        REQUIRE(cluster.node(number).cli({"CONFIG", "SET", setting, value}) == "OK");
    }
    void serve(std::size_t number, const std::string& name, const std::string& alternatives) {
        cluster.node(number).serve(authority.sign(name, alternatives));
    }
    /// Waits until the first node has heard of all that.
    void await_told(const std::vector<std::string>& texts) {
        const auto told = [&] {
            const std::string nodes = cluster.node(0).cli({"CLUSTER", "NODES"});
            return std::all_of(texts.begin(), texts.end(), [&](const std::string& text) {
                return nodes.find(text) != std::string::npos;
            });
        };
        REQUIRE(eventually(told));
    }
    Finished run(const std::string& url, std::vector<std::string> command,
                 const std::vector<std::string>& more = {}) const {
        command.insert(command.end(), {"--cacert", authority.certificate()});
        command.insert(command.end(), more.begin(), more.end());
        RunOptions options;
        options.env["RES_OPTIONS"] = "timeout:1 attempts:1";
        return run_at(url, command, options);
    }

    Authority authority;
    Certificate first = authority.sign("first", "DNS:localhost,IP:127.0.0.1");
    RedisCluster cluster;
};

std::string host_of_node(std::size_t number) {
    return fmt::format("cache-{}.roacache.test", number + 1);
}

bool told_of(const Finished& finished, const std::string& text) {
    return (finished.out + finished.err).find(text) != std::string::npos;
}

} // namespace

TEST_CASE("nodes that announce host names are certified for those, wherever they are reached",
          "[cluster][tls]") {
    TlsCluster tls(true);
    RedisCluster& cluster = tls.cluster;
    const auto keys = victims(300);
    cluster.fill(keys);
    std::vector<std::string> names;
    for (std::size_t number = 0; number < cluster.size(); ++number) {
        names.push_back(host_of_node(number));
        tls.serve(number, fmt::format("node-{}", number), "DNS:" + names.back());
        tls.set(number, "cluster-announce-hostname", names.back());
    }
    tls.await_told(names);
    std::string seed = fmt::format("rediss://{}:{}", names[0], cluster.node(0).port());
    // Names that mean nothing here, but for one, are of nodes that are reached by their addresses.
    const std::vector<std::string> only_seed{"--node-map", names[0] + "=127.0.0.1"};
    const Finished counted = tls.run(seed, {"keys", "--count"}, only_seed);
    INFO(counted.err);
    CHECK(counted.out == "300\n");

    // Replicas announce ports where nobody listens; those of primaries are what replicas connect to.
    std::string map;
    std::vector<std::string> ports;
    for (std::size_t number = 0; number < cluster.size(); ++number) {
        const bool replica = number >= 3;
        const std::string port = std::to_string(replica ? number : cluster.node(number).port());
        if (replica) tls.set(number, "cluster-announce-tls-port", port);
        ports.push_back(fmt::format("127.0.0.1:{}@", port));
        map += fmt::format("{}{}:{}={}", map.empty() ? "" : ",", names[number], port,
                           cluster.node(number).address());
    }
    tls.await_told(ports);
    seed = fmt::format("rediss+cluster://{}:{}", names[0], cluster.node(0).port());
    const std::vector<std::string> mapped{"--node-map", map, "--timeout", "2s"};
    CHECK(tls.run(seed, {"keys", "--count"}, mapped).out == "300\n");
    CHECK(tls.run(seed, {"keys", "--count"}).exit_code == 3);
    const Finished pong = tls.run(seed, {"ping", "-o", "json"}, mapped);
    INFO(pong.err);
    REQUIRE(pong.exit_code == 0);
    CHECK(json::parse(pong.out).at("members").size() == cluster.size());
    CHECK(pong.err.empty());

    REQUIRE(eventually([&] {
        return cluster.node(3).cli({"DBSIZE"}) == cluster.node(0).cli({"DBSIZE"}) &&
               cluster.node(4).cli({"DBSIZE"}) == cluster.node(1).cli({"DBSIZE"}) &&
               cluster.node(5).cli({"DBSIZE"}) == cluster.node(2).cli({"DBSIZE"});
    }));
    CHECK(tls.run(seed, {"keys", "--count", "--read-from", "replica"}, mapped).out == "300\n");
    tls.serve(4, "other", "DNS:elsewhere.roacache.test");
    const Finished strange = tls.run(seed, {"keys", "--count", "--read-from", "replica"}, mapped);
    CHECK(strange.exit_code == 3);
    CHECK(told_of(strange, "certificate is not for cache-5.roacache.test or 127.0.0.1 but for "
                           "elsewhere.roacache.test"));
    CHECK(strange.seconds < 6);

    // A user who may only ask what clients of the cluster ask is told the names there.
    for (std::size_t number = 0; number < cluster.size(); ++number)
        cluster.node(number).cli(
            {"ACL", "SETUSER", "client", "on", ">secret", "~*", "+@all", "-cluster|nodes"});
    std::string as_client = seed;
    as_client.insert(as_client.find("//") + 2, "client:secret@");
    for (const char* preferred : {"ip", "hostname"}) {
        INFO(preferred);
        for (std::size_t number = 0; number < cluster.size(); ++number)
            tls.set(number, "cluster-preferred-endpoint-type", preferred);
        CHECK(tls.run(as_client, {"keys", "--count"}, mapped).out == "300\n");
        // A key on its way is followed to the node that the other names.
        const std::string& key = keys[preferred[0] == 'i' ? 7 : 8];
        const std::size_t slot = cluster.slots_of({key})[0];
        NodeServer& owner = cluster.owner(slot);
        NodeServer& taker = cluster.node(&owner == &cluster.node(0) ? 1 : 0);
        const std::string number = std::to_string(slot);
        owner.cli({"DEL", key});
        REQUIRE(taker.cli({"CLUSTER", "SETSLOT", number, "IMPORTING", owner.cli({"CLUSTER", "MYID"})}) ==
                "OK");
        REQUIRE(owner.cli({"CLUSTER", "SETSLOT", number, "MIGRATING", taker.cli({"CLUSTER", "MYID"})}) ==
                "OK");
        RunOptions asking;
        asking.input = "ASKING\nSET " + key + " there\n";
        run(taker.cli_command(), asking);
        CHECK(tls.run(seed, {"inspect", "--raw", key}, mapped).out == "there");
        CHECK(tls.run(seed, {"invalidate", "-k", key}, mapped).exit_code == 0);
        CHECK(tls.run(seed, {"inspect", key}, mapped).exit_code == 1);
        for (NodeServer* node : {&owner, &taker})
            node->cli({"CLUSTER", "SETSLOT", number, "STABLE"});
        owner.cli({"SET", key, "value"});
    }
    CHECK(tls.run(seed, {"invalidate", "-t", "t"}, mapped).exit_code == 0);
    CHECK(cluster.keys().empty());
}

TEST_CASE("nodes that announce addresses are certified for those, or for what the user says",
          "[cluster][tls]") {
    TlsCluster tls(false, {"--bind", "127.0.0.1", "127.0.0.2", "127.0.0.3"});
    RedisCluster& cluster = tls.cluster;
    cluster.fill(victims(100));
    std::vector<std::string> addresses;
    for (std::size_t number = 0; number < cluster.size(); ++number) {
        const std::string address = fmt::format("127.0.0.{}", number + 1);
        addresses.push_back(fmt::format("{}:{}", address, cluster.node(number).port()));
        tls.serve(number, fmt::format("address-{}", number), "IP:" + address);
        tls.set(number, "cluster-announce-ip", address);
    }
    tls.await_told(addresses);
    const std::string url = cluster.url();
    const Finished counted = tls.run(url, {"keys", "--count"});
    INFO(counted.err);
    CHECK(counted.out == "100\n");

    tls.serve(1, "of-another", "IP:127.0.0.3");
    const Finished another = tls.run(url, {"keys"});
    CHECK(another.exit_code == 3);
    CHECK(told_of(
        another,
        fmt::format("cannot connect: {}: certificate is not for 127.0.0.2 but for of-another, 127.0.0.3",
                    addresses[1])));
    // The common complaint: nodes are named by addresses, and certified for names.
    tls.serve(1, "named", "DNS:localhost,DNS:cache-2.roacache.test");
    const Finished named = tls.run(url, {"keys"});
    CHECK(named.exit_code == 3);
    CHECK(is_one_error(named.err));
    CHECK(
        told_of(named, fmt::format("cannot connect: {}: certificate is not for 127.0.0.2 but for localhost, "
                                   "cache-2.roacache.test",
                                   addresses[1])));
    CHECK(told_of(named, "cluster-announce-hostname"));
    CHECK(told_of(named, fmt::format("--node-map {}=NAME", addresses[1])));
    CHECK(told_of(named, "--server-name NAME"));
    CHECK(tls.run(url, {"keys", "--count", "--node-map", "127.0.0.2=localhost"}).out == "100\n");
    CHECK(tls.run(url, {"keys", "--count", "--insecure"}).out == "100\n");
    CHECK(tls.run(url, {"keys", "--count", "--server-name", "cache-2.roacache.test"}).exit_code == 3);
    for (std::size_t number = 0; number < cluster.size(); ++number)
        tls.serve(number, fmt::format("wildcard-{}", number), "DNS:*.roacache.test");
    CHECK(tls.run(url, {"keys", "--count"}).exit_code == 3);
    CHECK(tls.run(url, {"keys", "--count", "--server-name", "any.roacache.test"}).out == "100\n");
}

TEST_CASE("a node that one side refuses is named, and nothing is removed at the others", "[cluster][tls]") {
    TlsCluster tls;
    RedisCluster& cluster = tls.cluster;
    // A bus that has to be connected anew in the middle would not get a certificate that holds.
    for (std::size_t number = 0; number < cluster.size(); ++number)
        tls.set(number, "cluster-node-timeout", "60000");
    const auto keys = victims(200);
    cluster.fill(keys);
    const TempDir folder;
    const std::string list = folder.path() / "keys";
    std::ofstream file(list);
    for (const std::string& key : keys)
        file << key << "\n";
    file.close();
    const std::string url = cluster.url(), address = cluster.node(1).address();
    const auto slots = cluster.slots_of(keys);
    const auto key_of = [&](std::size_t node) {
        for (std::size_t at = 0; at < keys.size(); ++at)
            if (&cluster.owner(slots[at]) == &cluster.node(node)) return keys[at];
        throw std::runtime_error("the node has no key");
    };
    const std::string there = key_of(1), elsewhere = key_of(2);
    const auto check_refused = [&](const std::string& why) {
        for (const std::vector<std::string>& command :
             {std::vector<std::string>{"keys"},
              {"keys", "-l"},
              {"stats"},
              {"inspect", there},
              {"invalidate", "-t", "t"},
              {"invalidate", "-t", "t", "--dry-run"},
              {"invalidate", "--soft", "1h", "-r", "victims"},
              {"invalidate", "--keys-from", list},
              {"invalidate", "--keys-from", list, "--max-keys", "500"},
              {"invalidate", "-k", there}}) {
            const Finished finished = tls.run(url, command);
            INFO(command.front() << " " << command.back() << ": " << finished.err << finished.out);
            CHECK(finished.exit_code == 3);
            CHECK(told_of(finished, address + ": " + why));
            CHECK(finished.seconds < 10);
        }
        CHECK(cluster.keys().size() == keys.size());
        const Finished pong = tls.run(url, {"ping", "-o", "json"});
        INFO(pong.err << pong.out);
        REQUIRE(pong.exit_code == 0);
        CHECK(told_of(pong, "the node " + address + " cannot be asked: "));
        CHECK(told_of(pong, why));
        for (const json& member : json::parse(pong.out).at("members"))
            CHECK(member.at("answers") == (member.at("node") != address));
    };

    const Authority other;
    const std::string right = "DNS:localhost,IP:127.0.0.1";
    cluster.node(1).serve(tls.authority.sign("expired", right, true));
    check_refused("certificate has expired");
    // What is all at nodes that answer goes.
    const Finished one = tls.run(url, {"invalidate", "-k", elsewhere, "-o", "json"});
    INFO(one.err);
    CHECK(one.exit_code == 0);
    CHECK(json::parse(one.out).at("removed") == 1);
    cluster.fill({elsewhere});
    cluster.node(1).serve(other.sign("stranger", right));
    check_refused("certificate is signed by an authority that is not trusted");
    tls.serve(1, "elsewhere", "DNS:elsewhere.roacache.test");
    check_refused("certificate is not for 127.0.0.1 but for elsewhere.roacache.test");
    cluster.node(1).serve(tls.first);

    tls.set(1, "tls-auth-clients", "yes");
    check_refused("server requires a client certificate");
    const Certificate own = tls.authority.sign("own", "DNS:client.roacache.test");
    const std::vector<std::string> with{"--cert", own.certificate, "--key-file", own.key};
    for (const std::size_t number : {0U, 2U})
        tls.set(number, "tls-auth-clients", "yes");
    CHECK(tls.run(url, {"keys", "--count"}).exit_code == 3);
    CHECK(tls.run(url, {"keys", "--count"}, with).out == "200\n");
    const Certificate strange = other.sign("strange", "DNS:client.roacache.test");
    CHECK(told_of(tls.run(url, {"keys"}, {"--cert", strange.certificate, "--key-file", strange.key}),
                  "server does not accept the client certificate"));

    // A cluster whose bus has no TLS names the ports that have none, to whom speaks TLS as well.
    std::string plain;
    for (int attempt = 0; attempt < 50 && plain.empty(); ++attempt) {
        const std::string candidate =
            std::to_string(10'000 + (cluster.node(1).port() + attempt * 7 + 1) % 12'000);
        if (cluster.node(1).cli({"CONFIG", "SET", "port", candidate}) == "OK") plain = candidate;
    }
    REQUIRE_FALSE(plain.empty());
    tls.set(1, "cluster-announce-tls-port", plain);
    tls.await_told({"127.0.0.1:" + plain + "@"});
    std::vector<std::string> briefly = with;
    briefly.insert(briefly.end(), {"--timeout", "1s"});
    const Finished silent = tls.run(url, {"invalidate", "-t", "t"}, briefly);
    INFO(silent.err);
    CHECK(silent.exit_code == 4);
    CHECK(told_of(silent, "127.0.0.1:" + plain + ": the server speaks Redis without TLS"));
    CHECK(told_of(silent, "tls-cluster yes"));
    CHECK(cluster.keys().size() == keys.size());
    const std::string map = fmt::format("127.0.0.1:{}={}", plain, address);
    CHECK(tls.run(url, {"invalidate", "-t", "t", "--node-map", map}, with).exit_code == 0);
    CHECK(cluster.keys().empty());
}

TEST_CASE("Sentinels and the primary that they name are served over TLS", "[sentinel][tls]") {
    const Authority authority;
    const Certificate first = authority.sign("first", "IP:127.0.0.1");
    SentinelGroup group(over_tls(authority, first));
    NodeServer& primary = group.primary();
    for (const std::string& key : victims(3))
        primary.cli({"SET", key, "value", "EX", "100000"});
    const auto count = [&](const std::vector<std::string>& more) {
        std::vector<std::string> command{"keys", "--count", "--cacert", authority.certificate()};
        command.insert(command.end(), more.begin(), more.end());
        return run_at(group.url(), command);
    };
    REQUIRE(group.url().starts_with("rediss+sentinel://"));
    CHECK(count({}).out == "3\n");
    CHECK(run_at(group.url(), {"keys"}).exit_code == 3);
    CHECK(count({"--read-from", "replica"}).out == "3\n");
    primary.serve(authority.sign("named", "DNS:localhost"));
    const Finished refused = count({});
    CHECK(refused.exit_code == 3);
    CHECK(told_of(refused, primary.address() + ": certificate is not for 127.0.0.1 but for localhost"));
    CHECK(told_of(refused, "sentinel announce-hostnames"));
    CHECK(refused.seconds < 10);
    CHECK(count({"--node-map", "127.0.0.1=localhost"}).out == "3\n");
}
