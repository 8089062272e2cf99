#include "tests/support/nodes.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

namespace roacache::test {
namespace {

constexpr std::size_t k_primaries = 3;
constexpr std::size_t k_slots = 16384;

/// Below the ports that the system hands out to clients; the bus of a cluster is 10,000 above.
std::uint16_t random_node_port() {
    std::random_device device;
    return std::uniform_int_distribution<std::uint16_t>(10'000, 22'000)(device);
}

void require(bool good, const std::string& what) {
    if (!good) throw std::runtime_error(what);
}

/// The options of TLS, each of which has a value.
std::vector<std::string> tls_among(const std::vector<std::string>& arguments) {
    std::vector<std::string> found;
    for (std::size_t at = 0; at + 1 < arguments.size(); ++at)
        if (arguments[at].starts_with("--tls-"))
            found.insert(found.end(), {arguments[at], arguments[at + 1]});
    return found;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

} // namespace

NodeServer::NodeServer(std::uint16_t port, std::vector<std::string> arguments)
    : port_(port), arguments_(std::move(arguments)) {
    const auto value = [&](const char* name) {
        const auto at = std::find(arguments_.begin(), arguments_.end(), name);
        return at == arguments_.end() ? "" : at[1];
    };
    // Whatever certificate it serves is accepted here.
    if (const std::string certificate = value("--tls-cert-file"); !certificate.empty())
        tls_ = {"--tls", "--insecure", "--cert", certificate, "--key", value("--tls-key-file")};
    start();
}

void NodeServer::start() {
    // A configuration file, which a Sentinel and a node of a cluster write to.
    const auto file = folder_.path() / "node.conf";
    if (!std::filesystem::exists(file)) std::ofstream(file) << "";
    std::vector<std::string> argv{"redis-server", file.string(), "--bind",
                                  "127.0.0.1",    "--dir",       folder_.path().string()};
    if (!tls_.empty()) argv.insert(argv.end(), {"--port", "0"});
    argv.insert(argv.end(), {tls_.empty() ? "--port" : "--tls-port", std::to_string(port_)});
    argv.insert(argv.end(), arguments_.begin(), arguments_.end());
    process_ = std::make_unique<Process>(argv);
    const auto says = [&](const char* text) { return process_->log().find(text) != std::string::npos; };
    const bool good = eventually([&] {
        return !process_->running() || says("Ready to accept connections") || says("Sentinel ID is") ||
               says("Address already in use");
    });
    const bool taken = says("Address already in use");
    require(good && !taken && process_->running(),
            (taken ? "the port is taken: " : "redis-server does not start: ") + process_->log());
    runs_ = true;
}

std::string NodeServer::cli(const std::vector<std::string>& arguments) const {
    std::vector<std::string> argv = cli_command();
    const auto password = std::find(arguments_.begin(), arguments_.end(), "--requirepass");
    RunOptions options;
    if (password != arguments_.end()) options.env["REDISCLI_AUTH"] = password[1];
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto finished = run(argv, options);
    while (finished.out.ends_with('\n'))
        finished.out.pop_back();
    return finished.out;
}

std::vector<std::string> NodeServer::cli_command() const {
    std::vector<std::string> argv{"redis-cli", "-p", std::to_string(port_)};
    argv.insert(argv.end(), tls_.begin(), tls_.end());
    return argv;
}

void NodeServer::serve(const Certificate& certificate) {
    require(cli({"CONFIG", "SET", "tls-cert-file", certificate.certificate, "tls-key-file",
                 certificate.key}) == "OK",
            "the certificate is not served");
}

void NodeServer::pause() {
    process_->signal(SIGSTOP);
}

void NodeServer::resume() {
    process_->signal(SIGCONT);
}

void NodeServer::kill() {
    process_->signal(SIGCONT);
    process_->kill();
    runs_ = false;
}

// ---- a cluster

std::unique_ptr<NodeServer> start_node(const std::vector<std::string>& arguments) {
    for (int attempt = 0; attempt < 20; ++attempt) {
        try {
            return std::make_unique<NodeServer>(random_node_port(), arguments);
        } catch (const std::runtime_error& error) {
            if (std::string(error.what()).find("port is taken") == std::string::npos) throw;
        }
    }
    throw std::runtime_error("no free port found");
}

std::unique_ptr<NodeServer> start_cluster_of_one(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--save", "", "--cluster-enabled", "yes"});
    auto node = start_node(arguments);
    require(node->cli({"CLUSTER", "ADDSLOTSRANGE", "0", std::to_string(k_slots - 1)}) == "OK",
            "slots are not taken");
    require(eventually([&] {
                return node->cli({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
            }),
            "the cluster is not up");
    return node;
}

RedisCluster::RedisCluster(bool replicas, const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"--save",
                                 "",
                                 "--cluster-enabled",
                                 "yes",
                                 "--cluster-node-timeout",
                                 "1000",
                                 "--repl-diskless-sync-delay",
                                 "0"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const std::size_t count = replicas ? 2 * k_primaries : k_primaries;
    for (std::size_t number = 0; number < count; ++number)
        nodes_.push_back(start_node(all));
    for (std::size_t number = 0; number < count; ++number) {
        NodeServer& node = *nodes_[number];
        node.cli({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(number + 1)});
        if (number < k_primaries) {
            const std::size_t first = k_slots * number / k_primaries;
            const std::size_t end = k_slots * (number + 1) / k_primaries;
            require(node.cli({"CLUSTER", "ADDSLOTSRANGE", std::to_string(first), std::to_string(end - 1)}) ==
                        "OK",
                    "slots are not taken");
        }
        if (number > 0) nodes_[0]->cli({"CLUSTER", "MEET", "127.0.0.1", std::to_string(node.port())});
    }
    wait_until_joined();
    for (std::size_t number = k_primaries; number < count; ++number) {
        const std::string primary = nodes_[number - k_primaries]->cli({"CLUSTER", "MYID"});
        require(eventually([&] {
                    return nodes_[number]->cli({"CLUSTER", "REPLICATE", primary}) == "OK";
                }),
                "a replica does not follow");
    }
    for (std::size_t number = k_primaries; number < count; ++number)
        require(eventually([&] {
                    return nodes_[number]->cli({"INFO", "replication"}).find("master_link_status:up") !=
                           std::string::npos;
                }),
                "a replica's link does not come up");
    for (std::size_t number = k_primaries; number < count; ++number)
        require(eventually([&] { // every node knows it as a replica
                    return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
                        const std::string text = node->cli({"CLUSTER", "NODES"});
                        std::size_t found = 0;
                        for (std::size_t at = 0; (at = text.find("slave", at)) != std::string::npos; ++at)
                            ++found;
                        return found == count - k_primaries;
                    });
                }),
                "the nodes do not know the replicas");
}

void RedisCluster::wait_until_joined() const {
    for (const auto& node : nodes_) {
        const std::string known = "cluster_known_nodes:" + std::to_string(nodes_.size());
        require(eventually([&] {
                    const std::string info = node->cli({"CLUSTER", "INFO"});
                    return info.find("cluster_state:ok") != std::string::npos &&
                           info.find(known) != std::string::npos;
                }),
                "the cluster does not come together");
    }
}

void RedisCluster::wait_until_served() const {
    const auto serves = [](const auto& node) {
        return !node->runs() || node->cli({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
    };
    const auto leads = [](const auto& node) {
        return node->runs() && node->cli({"CLUSTER", "NODES"}).find("myself,master") != std::string::npos;
    };
    require(eventually([&] {
                return std::count_if(nodes_.begin(), nodes_.end(), leads) == k_primaries &&
                       std::all_of(nodes_.begin(), nodes_.end(), serves);
            }),
            "slots are left without a primary");
}

NodeServer& RedisCluster::owner(std::size_t slot) {
    for (const auto& node : nodes_) {
        if (!node->runs()) continue;
        std::istringstream lines(node->cli({"CLUSTER", "NODES"}));
        for (std::string line; std::getline(lines, line);) {
            if (line.find("myself,master") == std::string::npos) continue;
            const auto words = words_of(line);
            for (std::size_t at = 8; at < words.size(); ++at) {
                if (words[at].starts_with("[")) continue;
                const std::size_t dash = words[at].find('-');
                const auto first = std::stoul(words[at]);
                const auto last = dash == std::string::npos ? first : std::stoul(words[at].substr(dash + 1));
                if (first <= slot && slot <= last) return *node;
            }
        }
    }
    throw std::runtime_error("no node owns the slot");
}

std::string RedisCluster::cli(const std::vector<std::string>& arguments) const {
    const auto alive =
        std::find_if(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->runs(); });
    std::vector<std::string> argv{"-c"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return (*alive)->cli(argv);
}

std::set<std::string> RedisCluster::keys() const {
    std::set<std::string> keys;
    for (const auto& node : nodes_) {
        if (!node->runs() || node->cli({"ROLE"}).find("master") != 0) continue;
        std::istringstream lines(node->cli({"--raw", "KEYS", "*"}));
        for (std::string line; std::getline(lines, line);)
            keys.insert(line);
    }
    return keys;
}

std::vector<std::size_t> RedisCluster::slots_of(const std::vector<std::string>& keys) const {
    RunOptions options;
    for (const std::string& key : keys)
        options.input += "CLUSTER KEYSLOT " + key + "\n";
    std::vector<std::size_t> slots;
    for (const std::string& word : words_of(run(nodes_[0]->cli_command(), options).out))
        slots.push_back(std::stoul(word));
    require(slots.size() == keys.size(), "slots are not told");
    return slots;
}

void RedisCluster::fill(const std::vector<std::string>& keys) {
    std::vector<RunOptions> parts(k_primaries);
    const auto slots = slots_of(keys);
    for (std::size_t at = 0; at < keys.size(); ++at) {
        std::size_t owner = 0;
        while (slots[at] >= k_slots * (owner + 1) / k_primaries)
            ++owner;
        parts[owner].input += "SET " + keys[at] + " value EX 100000\n";
    }
    for (std::size_t number = 0; number < k_primaries; ++number) {
        const Finished finished = run(nodes_[number]->cli_command(), parts[number]);
        require(finished.out.find("ERR") == std::string::npos &&
                    finished.out.find("MOVED") == std::string::npos,
                "the cluster is not filled");
    }
}

void RedisCluster::move_slot(std::size_t slot, NodeServer& from, NodeServer& to,
                             const std::function<void()>& half) {
    const std::string number = std::to_string(slot);
    const std::string source = from.cli({"CLUSTER", "MYID"}), target = to.cli({"CLUSTER", "MYID"});
    require(to.cli({"CLUSTER", "SETSLOT", number, "IMPORTING", source}) == "OK", "a slot is not imported");
    require(from.cli({"CLUSTER", "SETSLOT", number, "MIGRATING", target}) == "OK", "a slot does not move");
    for (bool first = true;; first = false) {
        const auto keys =
            words_of(from.cli({"--raw", "CLUSTER", "GETKEYSINSLOT", number, half && first ? "1" : "100"}));
        if (keys.empty()) break;
        std::vector<std::string> command{"MIGRATE", "127.0.0.1", std::to_string(to.port()), "", "0",
                                         "5000",    "KEYS"};
        command.insert(command.end(), keys.begin(), keys.end());
        const std::string answer = from.cli(command);
        require(answer == "OK" || answer == "NOKEY", "keys do not move: " + answer);
        if (half && first) half();
    }
    to.cli({"CLUSTER", "SETSLOT", number, "NODE", target});
    from.cli({"CLUSTER", "SETSLOT", number, "NODE", target});
}

// ---- Sentinels

SentinelGroup::SentinelGroup(const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"--save", "", "--repl-diskless-sync-delay", "0"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    servers_.push_back(start_node(all));
    const std::uint16_t primary = servers_[0]->port();
    for (int number = 0; number < 2; ++number) {
        std::vector<std::string> replica = all;
        replica.insert(replica.end(), {"--replicaof", "127.0.0.1 " + std::to_string(primary)});
        servers_.push_back(start_node(replica));
    }
    for (std::size_t number = 1; number < servers_.size(); ++number)
        require(eventually([&] {
                    return servers_[number]->cli({"INFO", "replication"}).find("master_link_status:up") !=
                           std::string::npos;
                }),
                "a replica's link does not come up");
    for (int number = 0; number < 3; ++number) {
        std::vector<std::string> watching = tls_among(arguments);
        watching.emplace_back("--sentinel");
        sentinels_.push_back(start_node(watching));
        NodeServer& sentinel = *sentinels_.back();
        require(sentinel.cli({"SENTINEL", "MONITOR", k_service, "127.0.0.1", std::to_string(primary), "2"}) ==
                    "OK",
                "a Sentinel does not watch");
        // On a busy machine a server may not answer for a second. The first Sentinel alone begins a failover
        // again that does not come to its end soon: of two that do, each promotes a replica.
        sentinel.cli({"SENTINEL", "SET", k_service, "down-after-milliseconds", "1500"});
        sentinel.cli({"SENTINEL", "SET", k_service, "failover-timeout", number == 0 ? "5000" : "60000"});
    }
    for (const auto& sentinel : sentinels_)
        require(eventually(
                    [&] {
                        const std::string text = sentinel->cli({"--raw", "SENTINEL", "MASTER", k_service});
                        return text.find("num-other-sentinels\n2") != std::string::npos &&
                               text.find("num-slaves\n2") != std::string::npos;
                    },
                    std::chrono::seconds(40)),
                "the Sentinels do not find each other");
}

std::string SentinelGroup::url() const {
    std::string hosts;
    for (const auto& sentinel : sentinels_)
        hosts += (hosts.empty() ? "" : ",") + sentinel->address();
    const std::string scheme = servers_[0]->url().substr(0, servers_[0]->url().find(':'));
    return scheme + "+sentinel://" + hosts + "/" + k_service;
}

NodeServer& SentinelGroup::named_by(const NodeServer& sentinel) {
    const std::string text = sentinel.cli({"--raw", "SENTINEL", "GET-MASTER-ADDR-BY-NAME", k_service});
    for (const auto& server : servers_)
        if (text.find(std::to_string(server->port())) != std::string::npos) return *server;
    throw std::runtime_error("a Sentinel names no primary");
}

NodeServer& SentinelGroup::primary() {
    for (const auto& sentinel : sentinels_)
        if (sentinel->runs()) return named_by(*sentinel);
    throw std::runtime_error("no Sentinel runs");
}

void SentinelGroup::wait_until_agreed() {
    const auto agreed = [&] {
        const NodeServer& named = primary();
        return named.runs() &&
               std::all_of(sentinels_.begin(), sentinels_.end(),
                           [&](const auto& sentinel) {
                               return !sentinel->runs() || &named_by(*sentinel) == &named;
                           }) &&
               std::all_of(servers_.begin(), servers_.end(), [&](const auto& server) {
                   return !server->runs() ||
                          server->cli({"ROLE"}).starts_with("master") == (server.get() == &named);
               });
    };
    require(eventually(agreed, std::chrono::seconds(60)), "the Sentinels do not agree on a primary");
}

} // namespace roacache::test
