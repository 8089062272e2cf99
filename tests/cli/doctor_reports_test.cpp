// What was reported of other health checks, tried on this one.

#include "tests/cli/examined.hpp"
#include "tests/cli/served_commands.hpp"

using namespace roacache::test;
using nlohmann::json;

namespace {

using Ids = std::set<std::string>;

std::string why(const json& answer, const std::string& id) {
    for (const auto& one : answer.at("not_checked"))
        if (one.at("id") == id) return one.at("why");
    return {};
}

} // namespace

TEST_CASE("snapshots that fail are found before the server refuses writes", "[doctor][reports]") {
    // netdata#2581: MISCONF in production, and the monitoring saw nothing.
    const SoundServer server;
    std::filesystem::create_directory(server.redis.socket().parent_path() / "dump.rdb");
    server.redis.cli({"CONFIG", "SET", "save", "3600 1"});
    server.redis.cli({"BGSAVE"});
    REQUIRE(eventually([&] {
        return server.redis.cli({"INFO", "persistence"}).find("rdb_last_bgsave_status:err") !=
               std::string::npos;
    }));
    CHECK(server.found({"--level", "error"}) == Ids{"persistence-failing"});
}

TEST_CASE("memory that scripts have taken is no fragmentation", "[doctor][reports]") {
    // redis#2994: a ratio of 107, all of it the Lua interpreter's.
    const SoundServer server;
    server.redis.cli({"EVAL", "return #string.rep('x', 200000000)", "0"});
    const auto told = [&](const char* name) {
        const std::string info = server.redis.cli({"INFO", "memory"});
        const std::size_t at = info.find(std::string("\n") + name + ":");
        REQUIRE(at != std::string::npos);
        return std::stod(info.substr(info.find(':', at) + 1));
    };
    if (told("used_memory_lua") < 1e8) return; // collected at once
    CHECK(told("mem_fragmentation_ratio") > 10);
    CHECK(server.found() == Ids{});
}

TEST_CASE("a server that shows no settings is examined without", "[doctor][reports]") {
    // redis_exporter#905, #315 and others: managed services refuse CONFIG, or answer it with nothing.
    const SoundServer server;
    for (const char* answer :
         {"*0\r\n", "-ERR unknown command 'CONFIG', with args beginning with: 'GET' 's3cret' \r\n", "$-1\r\n",
          ":1\r\n", "*1\r\n$4\r\nsave\r\n"}) {
        const MeddledServer managed(server.redis, {{"CONFIG", answer}});
        const json examined = server.examine({}, managed.url());
        INFO(examined);
        CHECK(examined.at("findings").empty());
        CHECK(why(examined, "persistence-on-cache").starts_with("CONFIG GET"));
    }
}

TEST_CASE("a scan that fails inside leaves the keys out", "[doctor][reports]") {
    // redis#13402: ElastiCache serverless answers SCAN of a read-only user with an error of its own.
    const SoundServer server;
    const MeddledServer managed(server.redis, {{"SCAN", "-ERR internal error\r\n"}});
    const json examined = server.examine({}, managed.url());
    INFO(examined);
    CHECK(examined.at("findings").empty());
    CHECK(examined.at("keys").is_null());
    CHECK(why(examined, "shared-with-other-applications").find("internal error") != std::string::npos);
}

TEST_CASE("rubbish in the answers is no finding", "[doctor][reports]") {
    // redis_exporter#807: the slow log's lines taken to have four parts and a command.
    const SoundServer server;
    for (const char* word : {"SLOWLOG", "LATENCY", "ACL", "CLUSTER"})
        for (const char* answer : {"*1\r\n*0\r\n", "*1\r\n*3\r\n:1\r\n:2\r\n:3\r\n", "*1\r\n:1\r\n",
                                   "+OK\r\n", "$0\r\n\r\n", "*1\r\n*4\r\n:1\r\n:-5\r\n:-1\r\n*0\r\n",
                                   "*1\r\n*4\r\n:1\r\n:1795000000\r\n:900000\r\n*1\r\n:7\r\n"}) {
            const MeddledServer odd(server.redis, {{word, answer}});
            const json examined = server.examine({}, odd.url());
            INFO(word << " " << answer << examined);
            CHECK(examined.at("findings").empty());
        }
}

TEST_CASE("a user with rights to the cache's keys alone is told of these", "[doctor][reports]") {
    // redis#8152, valkey#370: SCAN shows every key's name, whatever the user's patterns are.
    const SoundServer server;
    server.redis.cli({"CONFIG", "SET", "maxmemory-policy", "volatile-lru"});
    for (int i = 0; i < 20; ++i)
        server.redis.cli({"SET", "session:" + std::to_string(i), "x"});
    server.redis.cli({"ACL", "SETUSER", "own", "on", ">s3cret", "~cache:*", "+@all"});
    const json examined = server.examine({}, "redis://own@127.0.0.1:" + std::to_string(server.redis.port()));
    REQUIRE(examined.at("findings").size() == 1);
    CHECK(examined.at("findings")[0].at("id") == "shared-with-other-applications");
    CHECK(examined.at("keys").at("looked_at") == 220);
    CHECK(examined.at("keys").at("no_ttl").is_null());
    CHECK(why(examined, "policy-against-keys").empty());
}
