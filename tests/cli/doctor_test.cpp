// What is planted on a real server is found, and nothing else.

#include "tests/cli/examined.hpp"
#include "tests/cli/served_commands.hpp"

#include <functional>

using namespace roacache::test;
using nlohmann::json;

namespace {

using Ids = std::set<std::string>;

/// A script that keeps the server busy for so many milliseconds.
void keep_busy(const RedisServer& redis, int milliseconds) {
    redis.cli({"EVAL",
               "local t = redis.call('TIME') local end_ = t[1] * 1000 + t[2] / 1000 + ARGV[1] repeat "
               "t = redis.call('TIME') until t[1] * 1000 + t[2] / 1000 > end_",
               "0", std::to_string(milliseconds), "s3cret-argument"});
}

std::string info_of(const RedisServer& redis, const std::string& name) {
    const std::string text = redis.cli({"INFO"});
    const std::size_t at = text.find("\n" + name + ":");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 2;
    return text.substr(begin, text.find('\r', begin) - begin);
}

Process client(const RedisServer& redis, std::vector<std::string> command) {
    command.insert(command.begin(), {"redis-cli", "-s", redis.socket().string(), "-a", "s3cret"});
    return Process(command);
}

Process python(const RedisServer& redis, const std::string& script) {
    return Process({"/usr/bin/python3", "-c",
                    "import signal, socket, sys, time\ns = socket.create_connection(('127.0.0.1', " +
                        std::to_string(redis.port()) + "))\n" + script});
}

} // namespace

TEST_CASE("a sound server has no findings", "[doctor]") {
    const SoundServer server;
    CHECK(server.found() == Ids{});
    CHECK(server.found({"--for", "200ms"}) == Ids{});
    CHECK(server.found({}, server.redis.unix_url()) == Ids{});
    fill_cache(server.redis, 0);
    CHECK(server.found() == Ids{});
    const json answer = server.examine();
    CHECK(answer.at("outcome") == "done");
    Ids unknown; // that server records no delay that is not planted
    for (const auto& one : answer.at("not_checked"))
        unknown.insert(one.at("id").get<std::string>());
    CHECK(unknown == Ids{"hit-rate-under-goal", "latency-events", "slow-commands"});
}

TEST_CASE("settings that are planted are found", "[doctor]") {
    const auto set = [](const SoundServer& server, const std::string& name, const std::string& value) {
        REQUIRE(server.redis.cli({"CONFIG", "SET", name, value}) == "OK");
    };
    const SoundServer server;
    const auto planted = [&](const std::string& name, const std::string& value, const Ids& expected) {
        const std::string before = server.redis.cli({"--raw", "CONFIG", "GET", name});
        const std::size_t end = before.find('\n');
        set(server, name, value);
        INFO(name << "=" << value);
        CHECK(server.found() == expected);
        set(server, name, end == std::string::npos ? "" : before.substr(end + 1));
        CHECK(server.found() == Ids{});
    };
    planted("maxmemory", "0", {"no-maxmemory"});
    planted("maxmemory-policy", "noeviction", {"policy-against-keys"});
    planted("save", "3600 1", {"persistence-on-cache"});
    planted("appendonly", "yes", {"persistence-on-cache"});
    planted("tcp-keepalive", "0", {"dead-connections"});
    server.set_host("proc/sys/vm/overcommit_memory", "0\n");
    CHECK(server.found() == Ids{});
    set(server, "save", "3600 1");
    CHECK(server.found() == Ids{"persistence-on-cache", "overcommit-memory"});
}

TEST_CASE("a server without a password is found", "[doctor]") {
    SoundServer server;
    server.redis.cli({"CONFIG", "SET", "requirepass", ""});
    server.password.clear();
    CHECK(server.found() == Ids{"default-user-without-password"});
    // Who may not look at users has still got in.
    server.redis.cli({"ACL", "SETUSER", "default", "-acl"});
    CHECK(server.found() == Ids{"default-user-without-password"});
}

TEST_CASE("keys that do not suit the server are found", "[doctor]") {
    const SoundServer server;
    for (int i = 0; i < 10; ++i)
        server.redis.cli({"SET", "session:" + std::to_string(i), "x"});
    CHECK(server.found() == Ids{"policy-against-keys", "shared-with-other-applications"});
    server.redis.cli({"CONFIG", "SET", "maxmemory-policy", "volatile-lru"});
    CHECK(server.found() == Ids{"shared-with-other-applications"});
    fill_cache(server.redis, 200, 10, false);
    CHECK(server.found() == Ids{"policy-against-keys"});
    fill_cache(server.redis, 200);
    CHECK(server.found() == Ids{});
    server.redis.cli({"-n", "3", "SET", "job", "x"});
    CHECK(server.found() == Ids{"shared-with-other-applications"});
    // With the profile of another system none of the keys is the cache's.
    CHECK(server.found({"-p", "hr-portal"}) == Ids{"shared-with-other-applications"});
}

TEST_CASE("settings of the machine that are planted are found", "[doctor]") {
    const SoundServer server;
    server.set_host("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
    CHECK(server.found() == Ids{"transparent-huge-pages"});
    server.set_host("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
    server.set_process("status", "VmSwap:\t  102400 kB\n");
    CHECK(server.found() == Ids{"swap"});
    server.set_process("status", "VmSwap:\t  0 kB\n");
    server.set_host("proc/sys/net/core/somaxconn", "128\n");
    CHECK(server.found({"--level", "note"}).contains("somaxconn"));
    CHECK(server.found() == Ids{});
    // A process of that number that is somebody else's: the server is in a container, or behind a tunnel.
    server.set_host("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
    server.set_process("comm", "nginx\n");
    CHECK(server.found() == Ids{});
    server.set_process("comm", "redis-server\n");
    server.set_host("proc/sys/kernel/osrelease", "2.6.32\n");
    CHECK(server.found() == Ids{});
}

TEST_CASE("a limit above the memory that there is", "[doctor]") {
    const SoundServer server;
    server.set_host("proc/meminfo", "MemTotal:         204800 kB\nMemFree:  1 kB\n");
    CHECK(server.found() == Ids{"maxmemory-above-memory"});
    server.set_host("proc/meminfo", "MemTotal:       16384000 kB\n");
    CHECK(server.found() == Ids{});
    // What the process may take is a limit of its control group, or of one that this is in.
    server.set_process("cgroup", "0::/cache.slice/redis.service\n");
    server.set_host("sys/fs/cgroup/cache.slice/redis.service/memory.max", "max\n");
    CHECK(server.found() == Ids{});
    server.set_host("sys/fs/cgroup/cache.slice/memory.max", "209715200\n");
    CHECK(server.found() == Ids{"maxmemory-above-memory"});
    server.set_process("cgroup", "5:cpu,cpuacct:/\n4:memory:/redis\n0::/\n");
    CHECK(server.found() == Ids{});
    server.set_host("sys/fs/cgroup/memory/redis/memory.limit_in_bytes", "209715200\n");
    const json answer = server.examine();
    REQUIRE(answer.at("findings").size() == 1);
    CHECK(answer.at("findings")[0].at("evidence").at("memory_bytes") == 209'715'200);
    // Of a machine that is not this one the server tells.
    server.set_process("comm", "nginx\n");
    CHECK(server.found() == Ids{});
    REQUIRE(server.redis.cli({"CONFIG", "SET", "maxmemory", "100000gb"}) == "OK");
    CHECK(server.found() == Ids{"maxmemory-above-memory"});
}

TEST_CASE("commands that held the server up are found, without their arguments", "[doctor]") {
    const SoundServer server;
    server.redis.cli({"CONFIG", "SET", "slowlog-log-slower-than", "10000"});
    keep_busy(server.redis, 30);
    CHECK(server.found() == Ids{"slow-commands"});
    server.redis.cli({"CONFIG", "SET", "latency-monitor-threshold", "100"});
    keep_busy(server.redis, 150);
    CHECK(server.found() == Ids{"slow-commands", "latency-events"});
    const json answer = server.examine();
    for (const auto& finding : answer.at("findings"))
        if (finding.at("id") == "slow-commands")
            CHECK(finding.at("evidence").at("commands").get<std::string>().find("EVAL 2 times") !=
                  std::string::npos);
    server.redis.cli({"CONFIG", "SET", "slowlog-log-slower-than", "60000000"});
    server.redis.cli({"SLOWLOG", "RESET"});
    server.redis.cli({"LATENCY", "RESET"});
    server.redis.cli({"KEYS", "nothing"});
    CHECK(server.found() == Ids{});
    CHECK(server.found({"--level", "note"}).contains("keys-command"));
}

TEST_CASE("clients that wait or were turned away are found", "[doctor]") {
    const SoundServer server;
    {
        const Process waiting = client(server.redis, {"BLPOP", "queue", "0"});
        REQUIRE(eventually([&] { return info_of(server.redis, "blocked_clients") == "1"; }));
        CHECK(server.found() == Ids{"blocked-clients"});
    }
    REQUIRE(eventually([&] { return info_of(server.redis, "blocked_clients") == "0"; }));
    CHECK(server.found() == Ids{});
    {
        const Process held = client(server.redis, {"SUBSCRIBE", "channel"});
        REQUIRE(eventually([&] {
            return server.redis.cli({"PUBSUB", "NUMSUB", "channel"}) == "channel\n1";
        }));
        // The one that sets it is a client as well, and may be seen to be there a little longer.
        server.redis.cli({"CONFIG", "SET", "maxclients", "1"});
        REQUIRE(eventually([&] { return server.redis.cli({"PING"}) != "PONG"; }));
    }
    REQUIRE(eventually([&] { return server.redis.cli({"CONFIG", "SET", "maxclients", "1000"}) == "OK"; }));
    CHECK(server.found() == Ids{"rejected-clients"});
}

TEST_CASE("the hit rate is measured over a time, and not since the start", "[doctor]") {
    const SoundServer server;
    for (int i = 0; i < 3; ++i)
        server.redis.cli({"EVAL", "for i=1,1000 do redis.call('GET', 'nothing') end", "0"});
    CHECK(server.found() == Ids{}); // bad as it was
    const Process missing = client(server.redis, {"-r", "-1", "GET", "nothing"});
    REQUIRE(eventually([&] { return std::stoll(info_of(server.redis, "keyspace_misses")) > 3'000; }));
    CHECK(server.found({"--for", "1s"}) == Ids{"hit-rate-under-goal"});
}

TEST_CASE("evicted entries are found", "[doctor]") {
    const SoundServer server;
    fill_cache(server.redis, 4'000, 1'000);
    REQUIRE(server.redis.cli({"CONFIG", "SET", "maxmemory", "4mb"}) == "OK");
    server.redis.cli({"SET", "cache:t:invoices_list:h0", "x", "EX", "60"});
    REQUIRE(info_of(server.redis, "evicted_keys") != "0");
    CHECK(server.found() == Ids{"evictions"});
}

TEST_CASE("memory that is lost to fragmentation is found", "[doctor]") {
    const SoundServer server;
    fill_cache(server.redis, 200'000, 700);
    server.redis.cli(
        {"EVAL",
         "for i=1,200000 do if i % 8 ~= 0 then redis.call('DEL', 'cache:t:invoices_list:h'..i) end end",
         "0"});
    REQUIRE(eventually([&] { return std::stod(info_of(server.redis, "mem_fragmentation_ratio")) > 1.6; }));
    const json answer = server.examine();
    REQUIRE(answer.at("findings").size() == 1);
    CHECK(answer.at("findings")[0].at("id") == "fragmentation");
    // The remedy begins with a command that this server takes; what it does not take is not proposed.
    const std::string remedy = answer.at("findings")[0].at("remedy");
    REQUIRE(remedy.starts_with("redis-cli MEMORY PURGE;"));
    CHECK(server.redis.cli({"MEMORY", "PURGE"}) == "OK");
    if (remedy.find("activedefrag") == std::string::npos)
        CHECK(server.redis.cli({"CONFIG", "SET", "activedefrag", "yes"}) != "OK");
}

TEST_CASE("clients whose buffers take the memory are found", "[doctor]") {
    const SoundServer server;
    server.redis.cli({"SETRANGE", "cache:t:invoices_list:large", "20000000", "x"});
    server.redis.cli({"EXPIRE", "cache:t:invoices_list:large", "3600"});
    const Process silent =
        python(server.redis, "s.sendall(b'AUTH s3cret\\r\\n' + b'GET cache:t:invoices_list:large\\r\\n' "
                             "* 4)\nsignal.pause()");
    REQUIRE(eventually([&] { return std::stoll(info_of(server.redis, "mem_clients_normal")) > 40'000'000; }));
    CHECK(server.found() == Ids{"client-buffers"});
}

TEST_CASE("a replica without its primary and a cluster without slots are found", "[doctor]") {
    {
        const SoundServer server;
        server.redis.cli({"REPLICAOF", "127.0.0.1", "1"});
        CHECK(server.found() == Ids{"replica-link-down"});
        CHECK(server.found({"--level", "error"}) == Ids{"replica-link-down"});
        server.redis.cli({"CONFIG", "SET", "replica-read-only", "no"});
        CHECK(server.found() == Ids{"replica-link-down", "replica-writable"});
    }
    const SoundServer server({"--cluster-enabled", "yes"});
    CHECK(server.found() == Ids{"cluster-slots-uncovered"});
}

TEST_CASE("a version that gets no more fixes is found", "[doctor]") {
    const SoundServer server;
    const MeddledServer older(server.redis, {{"INFO", info_of_old(server.redis)}});
    CHECK(server.found({}, older.url()) == Ids{"unsupported-version"});
}
