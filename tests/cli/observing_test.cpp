#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

long counted(const RedisServer& redis, const std::string& name) {
    const std::string info = redis.cli({"INFO", "stats"});
    return std::stol(info.substr(info.find(name + ":") + name.size() + 1));
}

long idle_seconds(const RedisServer& redis, const std::string& key) {
    return std::stol(redis.cli({"OBJECT", "IDLETIME", key}));
}

/// An entry that nobody has looked at for an hour.
void make_idle(const RedisServer& redis) {
    fill_entries(redis);
    const Finished finished =
        run({"/usr/bin/python3", "-c",
             "import redis\nr = redis.Redis(port=" + std::to_string(redis.port()) + ")\nk = '" +
                 k_first_entry + "'\nr.restore(k, 86000000000, r.dump(k), replace=True, idletime=3600)"});
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
}

} // namespace

TEST_CASE("commands that read leave idle times alone, and inspect says where it cannot", "[observing]") {
    const RedisServer redis({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"});
    const std::vector<std::vector<std::string>> silent = {{"ping"},
                                                          {"keys", "-t", "t"},
                                                          {"keys", "-t", "t", "-l"},
                                                          {"keys", "-k", k_first_entry, "-l"},
                                                          {"stats"},
                                                          {"invalidate", "-t", "t", "--dry-run"},
                                                          {"invalidate", "-k", k_first_entry, "--dry-run"},
                                                          {"inspect", k_first_entry, "--max-bytes", "0"}};
    for (const auto& command : silent) {
        make_idle(redis);
        const Finished finished = run_at(redis.url(), command);
        INFO(command.front() << ": " << finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(idle_seconds(redis, k_first_entry) >= 3600);
        CHECK(finished.err.find("NO-TOUCH") == std::string::npos);
    }
    make_idle(redis);
    const Finished looked = run_at(redis.url(), {"inspect", k_first_entry, "-o", "json", "-v"});
    CHECK(json::parse(looked.out).at("entries")[0].at("idle_ms") >= 3'600'000); // reported as it was before
    const bool has_no_touch = redis.cli({"CLIENT", "NO-TOUCH", "OFF"}) == "OK";
    CHECK((idle_seconds(redis, k_first_entry) >= 3600) == has_no_touch);
    CHECK((looked.err.find("NO-TOUCH") == std::string::npos) == has_no_touch);
    // One that has it is asked for it before it is asked for the value.
    const MeddledServer newer(redis, {{"CLIENT", "+OK\r\n"}});
    const Finished finished = run_at(newer.url(), {"inspect", k_first_entry});
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.empty());
}

TEST_CASE("inspect shows how often an entry is used, where the server evicts by that", "[observing]") {
    const RedisServer redis({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lfu"});
    make_idle(redis);
    for (const char* format : {"table", "json", "csv", "ndjson"}) {
        const Finished finished = run_at(redis.url(), {"inspect", k_first_entry, "-o", format});
        INFO(format << finished.out);
        CHECK(finished.exit_code == 0);
        CHECK(finished.out.find("frequency") != std::string::npos);
    }
    const json entry =
        json::parse(run_at(redis.url(), {"inspect", k_first_entry, "-o", "json"}).out).at("entries")[0];
    CHECK(entry.at("frequency").is_number());
    CHECK(entry.at("idle_ms").is_null());
}

TEST_CASE("the hit rate that stats shows is that of before its walk, and the walk's lookups are reported",
          "[observing]") {
    const RedisServer redis;
    fill_entries(redis);
    redis.cli({"CONFIG", "RESETSTAT"});
    for (int i = 0; i < 3; ++i)
        redis.cli({"GET", "absent"});
    redis.cli({"GET", k_first_entry});
    const json first = json::parse(run_at(redis.url(), {"stats", "-o", "json"}).out);
    CHECK(first.at("hits") == 1);
    CHECK(first.at("misses") == 3);
    CHECK(first.at("own_lookups") == 4);
    CHECK(first.at("metadata_lookups") == 0);
    CHECK(counted(redis, "keyspace_hits") == 1 + 4);
    const json second = json::parse(run_at(redis.url(), {"stats", "-o", "json"}).out);
    CHECK(second.at("hits") == 1 + 4);
    CHECK(second.at("metadata_lookups") == 4);
    redis.cli({"CONFIG", "RESETSTAT"});
    for (const auto& command : {std::vector<std::string>{"ping"},
                                {"keys", "-t", "t"},
                                {"stats", "--no-scan"},
                                {"invalidate", "-t", "t", "--dry-run"}}) {
        CHECK(run_at(redis.url(), command).exit_code == 0);
        CHECK(counted(redis, "keyspace_hits") + counted(redis, "keyspace_misses") == 0);
    }
}

TEST_CASE("stats --watch takes its own walks' lookups out of the figures", "[observing]") {
    const RedisServer redis;
    fill_entries(redis);
    redis.cli({"CONFIG", "RESETSTAT"});
    redis.cli({"GET", k_first_entry});
    Process watching({program(), "stats", "-u", redis.url(), "--watch=100ms", "-o", "ndjson"});
    const auto lines = [&] {
        const std::string log = watching.log();
        std::size_t count = 0;
        for (std::size_t at = log.find("{\"schema\""); at != std::string::npos;
             at = log.find("{\"schema\"", at + 1))
            ++count;
        return count;
    };
    REQUIRE(eventually([&] { return lines() > 3; }));
    watching.signal(2);
    REQUIRE(eventually([&] { return !watching.running(); }));
    const std::string log = watching.log();
    for (std::size_t at = log.find("{\"schema\""); at != std::string::npos;
         at = log.find("{\"schema\"", at + 1)) {
        const json reported = json::parse(log.substr(at, log.find('\n', at) - at));
        CHECK(reported.at("hits") == 1);
        CHECK(reported.at("misses") == 0);
    }
    CHECK(counted(redis, "keyspace_hits") > 6);
}

TEST_CASE("a replica whose link is down says so, and names its primary to whoever would remove", "[states]") {
    RedisServer master({"--repl-diskless-sync-delay", "0"});
    fill_entries(master);
    const RedisServer replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
    REQUIRE(eventually([&] { return replica.cli({"dbsize"}) == "4"; }));
    const std::string primary = "127.0.0.1:" + std::to_string(master.port());
    CHECK(json::parse(run_at(replica.url(), {"ping", "-o", "json"}).out).at("link") == "up");
    CHECK(json::parse(run_at(master.url(), {"ping", "-o", "json"}).out).at("link").is_null());
    for (const std::vector<std::string>& command : {std::vector<std::string>{"invalidate", "-t", "t"},
                                                    {"invalidate", "-k", k_first_entry},
                                                    {"invalidate", "-t", "t", "--soft", "1h"},
                                                    {"invalidate", "--all-tenants", "--yes"}}) {
        const Finished refused = run_at(replica.url(), command);
        INFO(refused.err);
        CHECK(refused.exit_code == 4);
        CHECK(refused.err.find("read-only replica of " + primary) != std::string::npos);
    }
    master.kill();
    REQUIRE(eventually([&] {
        return replica.cli({"info", "replication"}).find("master_link_status:down") != std::string::npos;
    }));
    for (const char* command : {"ping", "stats"}) {
        const Finished finished = run_at(replica.url(), {command, "-o", "json"});
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(finished.err.find("the link to its primary " + primary + " is down") != std::string::npos);
        const json reported = json::parse(finished.out);
        CHECK((reported.contains("link") ? reported : reported.at("server")).at("link") == "down");
    }
}
