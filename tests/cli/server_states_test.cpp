#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <nlohmann/json.hpp>
#include <set>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Every command at a server that answers none: the exit code, and the text of the one line.
void check_none_served(const std::string& url, int exit_code, const std::string& why) {
    for (const auto& [name, command] : served_commands()) {
        INFO(name);
        const Finished finished = run_at(url, command);
        INFO(finished.err);
        CHECK(finished.exit_code == exit_code);
        CHECK(is_one_error(finished.err));
        CHECK(finished.err.find(why) != std::string::npos);
        CHECK(finished.err.find("hunter") == std::string::npos);
        CHECK(finished.out.empty());
    }
}

std::string with_password(const RedisServer& redis, const std::string& password) {
    return "redis://:" + password + "@127.0.0.1:" + std::to_string(redis.port());
}

bool changes(const std::string& name) {
    return name == "invalidate" || name == "invalidate --soft" || name == "invalidate --verify";
}

} // namespace

TEST_CASE("a server that wants a password says so to every command, and the wrong one is never shown",
          "[states]") {
    const RedisServer redis({"--requirepass", "hunter2"});
    fill_entries(redis);
    check_none_served(redis.url(), 4, "the server asks for a password");
    check_none_served(with_password(redis, "hunter3"), 4, "wrong user name or password");
    CHECK(redis.cli({"dbsize"}) == "4");
    for (const auto& [name, command] : served_commands()) {
        auto verbose = command;
        verbose.emplace_back("-v");
        const Finished finished = run_at(with_password(redis, "hunter2"), verbose);
        INFO(name << ": " << finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(finished.err.find("***") != std::string::npos);
        CHECK((finished.out + finished.err).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("a server with as many clients as it allows is unreachable", "[states]") {
    const RedisServer redis({"--maxclients", "1"});
    Process holding({"redis-cli", "-s", redis.socket().string(), "subscribe", "x"});
    REQUIRE(holding.wait_for("subscribe"));
    check_none_served(redis.url(), 3, "as many clients as it allows");
    check_none_served(redis.unix_url(), 3, "as many clients as it allows");
}

TEST_CASE("a read-only replica is read, and nothing on it is changed", "[states]") {
    const RedisServer master({"--repl-diskless-sync-delay", "0"});
    fill_entries(master);
    const RedisServer replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
    REQUIRE(eventually([&] { return replica.cli({"dbsize"}) == "4"; }));
    for (const auto& [name, command] : served_commands()) {
        const Finished finished = run_at(replica.url(), command);
        INFO(name << ": " << finished.err);
        CHECK(finished.exit_code == (changes(name) ? 4 : 0));
        if (!changes(name)) continue;
        CHECK(is_one_error(finished.err));
        CHECK(finished.err.find("read-only replica") != std::string::npos);
        CHECK(finished.out.empty());
    }
    CHECK(replica.cli({"dbsize"}) == "4");
    CHECK(std::stol(replica.cli({"pttl", k_first_entry})) > k_soft_ms);
    CHECK(json::parse(run_at(replica.url(), {"ping", "-o", "json"}).out).at("role") == "replica");
}

TEST_CASE("a replica without its master that serves no stale data is unreachable", "[states]") {
    const RedisServer replica({"--replicaof", "127.0.0.1 1", "--replica-serve-stale-data", "no"});
    for (const auto& [name, command] : served_commands()) {
        const Finished finished = run_at(replica.url(), command);
        INFO(name << ": " << finished.err);
        CHECK(finished.exit_code == (changes(name) ? 4 : 3));
        CHECK(is_one_error(finished.err));
        const char* why = changes(name) ? "read-only replica of 127.0.0.1:1" : "lost its master";
        CHECK(finished.err.find(why) != std::string::npos);
        CHECK(finished.out.empty());
    }
}

TEST_CASE("a server that loads its data is unreachable until it has done so", "[states]") {
    RedisServer redis({"--enable-debug-command", "yes", "--loading-process-events-interval-bytes", "1024"});
    redis.cli({"debug", "populate", "200000"});
    // In microseconds: it loads for longer than the test may take, and looks at its clients often.
    redis.cli({"config", "set", "key-load-delay", "300"});
    const Process loading({"redis-cli", "-s", redis.socket().string(), "debug", "reload"});
    REQUIRE(eventually([&] {
        return redis.cli({"info", "persistence"}).find("loading:1") != std::string::npos;
    }));
    check_none_served(redis.url(), 3, "the server is loading its data");
    const Finished waited = run_at(redis.url(), {"ping", "--wait", "300ms"});
    CHECK(waited.exit_code == 3);
    CHECK(waited.err.find("loading its data; waiting") != std::string::npos);
    redis.kill();
}

TEST_CASE("a server that stands still runs every command into its time limit", "[states]") {
    const RedisServer redis;
    fill_entries(redis);
    kill(redis.pid(), SIGSTOP);
    for (const auto& [name, command] : served_commands()) {
        auto hurried = command;
        hurried.insert(hurried.end(), {"--timeout", "50ms"});
        const Finished finished = run_at(redis.url(), hurried);
        INFO(name << ": " << finished.err);
        CHECK(finished.exit_code == 3);
        CHECK(is_one_error(finished.err));
        CHECK(finished.err.find(": timed out\n") != std::string::npos);
        CHECK(finished.out.empty());
    }
    kill(redis.pid(), SIGCONT);
    CHECK(redis.cli({"dbsize"}) == "4");
}

TEST_CASE("a server whose memory is full still removes and shortens", "[states]") {
    const RedisServer redis({"--maxmemory-policy", "noeviction"});
    for (const auto& [name, command] : served_commands()) {
        redis.cli({"config", "set", "maxmemory", "0"});
        fill_entries(redis);
        redis.cli({"config", "set", "maxmemory", "1"});
        REQUIRE(redis.cli({"set", "x", "y"}).find("OOM") != std::string::npos);
        const Finished finished = run_at(redis.url(), command);
        INFO(name << ": " << finished.err);
        CHECK(finished.exit_code == 0);
        const bool warns = name == "ping" || name.starts_with("stats");
        CHECK((finished.err.find("writes are refused") != std::string::npos) == warns);
        CHECK((warns || finished.err.empty()));
        CHECK(redis.cli({"dbsize"}) == (changes(name) && name != "invalidate --soft" ? "1" : "4"));
        if (name == "invalidate --soft") CHECK(std::stol(redis.cli({"pttl", k_first_entry})) <= k_soft_ms);
    }
}

TEST_CASE("an empty database has an answer to every command", "[states]") {
    const RedisServer redis;
    for (const auto& [name, command] : served_commands()) {
        const Finished finished = run_at(redis.url(), command);
        INFO(name << ": " << finished.err);
        CHECK(finished.exit_code == (name == "inspect" ? 1 : 0));
        CHECK((finished.err.empty() || name == "inspect" ||
               finished.err == "roacache: note: database 0 is empty\n"));
    }
    CHECK(json::parse(run_at(redis.url(), {"keys", "-o", "json"}).out).at("keys").empty());
    const json removed = json::parse(run_at(redis.url(), {"invalidate", "-t", "t", "-o", "json"}).out);
    CHECK(removed.at("matched") == 0);
    CHECK(removed.at("groups").empty());
}

TEST_CASE("entries of any type are listed, looked at, shortened and removed", "[states]") {
    const RedisServer redis;
    redis.cli(
        {"EVAL",
         "local k = 'cache:t:kinds:' redis.call('SET', k..'string', 'v') redis.call('RPUSH', k..'list', "
         "'v') redis.call('SADD', k..'set', 'v') redis.call('ZADD', k..'zset', 1, 'v') "
         "redis.call('HSET', k..'hash', 'f', 'v') redis.call('XADD', k..'stream', '*', 'f', 'v')",
         "0"});
    const std::set<std::string> kinds = {"string", "list", "set", "zset", "hash", "stream"};
    const json listed = json::parse(run_at(redis.url(), {"keys", "-l", "-o", "json"}).out).at("keys");
    CHECK(listed.size() == kinds.size());
    for (const json& key : listed)
        CHECK(key.at("key") == "cache:t:kinds:" + key.at("type").get<std::string>());
    for (const std::string& kind : kinds) {
        const std::string key = "cache:t:kinds:" + kind;
        INFO(key);
        const json entry =
            json::parse(run_at(redis.url(), {"inspect", key, "-o", "json"}).out).at("entries").at(0);
        CHECK(entry.at("type") == kind);
        CHECK(entry.at(kind == "string" ? "value_bytes" : "elements") == 1);
        CHECK(entry.at("value").contains("elements") == (kind != "string"));
        const Finished raw = run_at(redis.url(), {"inspect", "--raw", key});
        CHECK(raw.exit_code == (kind == "string" ? 0 : 2));
        if (kind != "string") CHECK(is_one_error(raw.err));
    }
    const auto counted = [&](std::vector<std::string> command) {
        command.insert(command.end(), {"-t", "t", "-o", "json"});
        return json::parse(run_at(redis.url(), command).out);
    };
    CHECK(counted({"invalidate", "--soft", "10m"}).at("shortened") == kinds.size());
    CHECK(counted({"invalidate"}).at("removed") == kinds.size());
    CHECK(redis.cli({"dbsize"}) == "0");
}

TEST_CASE("the head of a value of 512 MB is shown without fetching the rest", "[states]") {
    const RedisServer redis;
    redis.cli({"SETRANGE", "big", "536870911", "x"});
    const auto sent = [&] {
        const std::string stats = redis.cli({"info", "stats"});
        const std::string name = "total_net_output_bytes:";
        return std::stoll(stats.substr(stats.find(name) + name.size()));
    };
    constexpr long long k_shown = 1 << 20;
    constexpr long long k_talk = 64 * 1024;
    const auto fetched_by = [&](const std::vector<std::string>& command) {
        const long long before = sent();
        const Finished finished = run_at(redis.url(), command);
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        return sent() - before;
    };
    CHECK(fetched_by({"inspect", "big"}) < k_shown + k_talk);
    CHECK(fetched_by({"inspect", "big", "--max-bytes", "10", "-o", "json"}) < k_talk);
    CHECK(fetched_by({"inspect", "--raw", "big", "--max-bytes", "10"}) < k_talk);
    CHECK(fetched_by({"keys", "-l", "--match", "*"}) < k_talk);
    CHECK(fetched_by({"stats", "-q", "--match", "*"}) < k_talk);
    const json entry =
        json::parse(run_at(redis.url(), {"inspect", "big", "-o", "json", "--max-bytes", "10"}).out)
            .at("entries")
            .at(0);
    CHECK(entry.at("value_bytes") == 536'870'912);
    CHECK(entry.at("value").at("whole") == false);
    // A reader that has seen enough ends the rest: no more is fetched than what fills the pipe.
    const long long before = sent();
    CHECK(
        run({"sh", "-c", "'" + program() + "' inspect -u " + redis.url() + " --raw big | head -c 5 | wc -c"})
            .out == "5\n");
    CHECK(sent() - before < 8 * k_shown);
    CHECK(json::parse(run_at(redis.url(), {"invalidate", "-k", "big", "-o", "json"}).out).at("removed") == 1);
}
