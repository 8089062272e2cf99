#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"
#include "tests/support/servers.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

using namespace roacache::test;
using nlohmann::json;

TEST_CASE("a walk rests between its steps as long as it was told", "[load]") {
    const RedisServer redis({"--enable-debug-command", "yes"});
    redis.cli({"DEBUG", "POPULATE", "3000", "cache:t:victims"});
    const Finished listed = run_at(redis.url(), {"keys", "--match", "*", "--count", "--max-rate", "3000"});
    CHECK(listed.out == "3000\n");
    CHECK(listed.seconds > 0.5);
    const Finished named = run_at(redis.url(), {"keys", "--match", "*"});
    RunOptions options;
    options.input = named.out;
    options.env["ROACACHE_URL"] = redis.url();
    const Finished removed =
        run_roacache({"invalidate", "--keys-from", "-", "--max-rate", "3000", "-o", "json"}, options);
    CHECK(removed.exit_code == 0);
    CHECK(json::parse(removed.out).at("removed") == 3000);
    CHECK(removed.seconds > 0.5);
}

TEST_CASE("limits of the load that are none are usage errors, and where there is no server are refused",
          "[load]") {
    const RedisServer redis;
    for (const char* share : {"0", "0%", "101%", "-5%", "x", "10%%", "nan", "inf", "1e400", " 5%"}) {
        INFO(share);
        CHECK(run_at(redis.url(), {"keys", "--max-load", share}).exit_code == 2);
    }
    for (const char* rate : {"0", "-1", "x", "nan", "inf", "1e99"}) {
        INFO(rate);
        CHECK(run_at(redis.url(), {"stats", "--max-rate", rate}).exit_code == 2);
    }
    const TempDir folder;
    const std::string file = folder.path() / "cache.db";
    REQUIRE(
        run({"/usr/bin/python3", "-c",
             "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('create table cache (key text "
             "primary key, value blob, expires_at real)'); c.commit()",
             file})
            .exit_code == 0);
    CHECK(run_at("sqlite:" + file, {"keys", "--max-load", "10%"}).exit_code == 4);
}

TEST_CASE("a removal waits for a replica that falls behind", "[load][sentinel]") {
    SentinelGroup group;
    NodeServer& primary = group.primary();
    for (std::size_t number = 0; number < 3; ++number)
        group.sentinel(number).kill(); // so that none finds the primary away while it is filled
    NodeServer& replica = &primary == &group.server(1) ? group.server(2) : group.server(1);
    const std::string name = "cache:t:victims:" + std::string(1000, 'x');
    primary.cli(
        {"EVAL", "for i = 1, 20000 do redis.call('SET', KEYS[1] .. i, 'x', 'EX', 86000) end", "1", name});
    // Both replicas have it all, and one takes nothing from now on.
    REQUIRE(eventually([&] { return replica.cli({"DBSIZE"}) == "20000"; }));
    replica.pause();
    std::string left_meanwhile; // keys, while none is removed
    std::thread later([&] {
        const auto rests = [&] {
            left_meanwhile = primary.cli({"DBSIZE"});
            std::this_thread::sleep_for(std::chrono::seconds(1));
            return left_meanwhile != "20000" && primary.cli({"DBSIZE"}) == left_meanwhile;
        };
        eventually(rests, std::chrono::seconds(60));
        replica.resume();
    });
    RunOptions terminal;
    terminal.pty = true;
    terminal.env["ROACACHE_URL"] = primary.url();
    const Finished removed = run_roacache(
        {"invalidate", "--match", name + "*", "--yes", "--max-rate", "10000", "-o", "json"}, terminal);
    later.join();
    INFO(removed.out);
    CHECK(removed.exit_code == 0);
    CHECK(removed.out.find(", held up until the server catches up") != std::string::npos);
    const std::size_t answer = removed.out.find('{');
    REQUIRE(answer != std::string::npos);
    const json figures = json::parse(removed.out.substr(answer, removed.out.rfind('}') + 1 - answer));
    CHECK(figures.at("removed") == 20000);
    CHECK(std::stoi(left_meanwhile) > 5000);
    CHECK(figures.at("held_up_ms").get<double>() > 1000);
}
