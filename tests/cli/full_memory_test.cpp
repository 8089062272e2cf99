#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A server whose INFO is made of these lines.
MeddledServer telling(const RedisServer& redis, const std::string& lines) {
    return {redis, {{"INFO", "$" + std::to_string(lines.size()) + "\r\n" + lines + "\r\n"}}};
}

json answer_of(const std::string& url, const std::string& command) {
    const Finished finished = run_at(url, {command, "-o", "json", "-q"});
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    const json document = json::parse(finished.out);
    return command == "ping" ? document : document.at("memory");
}

} // namespace

TEST_CASE("whether writes are refused is reported as the server does it, whatever it may evict", "[stats]") {
    const RedisServer redis;
    for (const char* policy : {"noeviction", "volatile-lru", "volatile-lfu", "volatile-random",
                               "volatile-ttl", "allkeys-lru", "allkeys-lfu", "allkeys-random"})
        for (const char* limit : {"0", "1", "1gb"})
            for (const char* content : {"none", "lasting", "expiring"}) {
                redis.cli({"CONFIG", "SET", "maxmemory", "0"});
                redis.cli({"CONFIG", "SET", "maxmemory-policy", policy});
                redis.cli({"FLUSHALL"});
                if (std::string(content) == "lasting") redis.cli({"SET", "key", "value"});
                if (std::string(content) == "expiring") redis.cli({"SET", "key", "value", "EX", "1000"});
                redis.cli({"CONFIG", "SET", "maxmemory", limit});
                const json ping = answer_of(redis.url(), "ping");
                const json memory = answer_of(redis.url(), "stats");
                const bool refused = redis.cli({"SET", "key", "value"}).find("OOM") != std::string::npos;
                INFO(policy << " " << limit << " " << content);
                CHECK(ping.at("refuses_writes") == refused);
                CHECK(memory.at("refuses_writes") == refused);
            }
}

TEST_CASE("a full memory is reported in every format, and n/a where it is not sure", "[stats]") {
    const RedisServer redis;
    struct InfoCase {
        std::string lines;
        std::string refuses_writes; ///< `true`, `false`; empty: it is not known
    };
    const std::string full = "role:master\r\nused_memory:200\r\nmaxmemory:100\r\n";
    const std::string counted = full + "mem_not_counted_for_evict:10\r\n";
    for (const auto& [lines, refuses_writes] : {
             InfoCase{counted + "maxmemory_policy:noeviction", "true"},
             {counted + "maxmemory_policy:volatile-ttl\r\ndb0:keys=3,expires=0,avg_ttl=0", "true"},
             {counted + "maxmemory_policy:volatile-ttl\r\ndb0:keys=3,expires=0\r\ndb5:keys=9,expires=1",
              "false"},
             {counted + "maxmemory_policy:allkeys-lru\r\ndb0:keys=3,expires=0,avg_ttl=0", "false"},
             {counted + "maxmemory_policy:allkeys-lru", "true"},
             {full + "mem_not_counted_for_evict:100\r\nmaxmemory_policy:noeviction", "false"},
             {full + "mem_not_counted_for_evict:5000\r\nmaxmemory_policy:noeviction", "false"},
             {full + "maxmemory_policy:noeviction", ""},
             {counted + "maxmemory_policy:volatile-ttl\r\ndb0:keys=3", ""},
             {counted + "maxmemory_policy:own-words", ""},
             {counted, ""},
             {"role:slave\r\nused_memory:200\r\nmaxmemory:100\r\nmem_not_counted_for_evict:10\r\n"
              "maxmemory_policy:noeviction",
              ""},
             {"role:master\r\nused_memory:90\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction", "false"},
         }) {
        const MeddledServer server = telling(redis, lines);
        INFO(lines);
        const json expected = refuses_writes.empty() ? json(nullptr) : json(refuses_writes == "true");
        CHECK(answer_of(server.url(), "ping").at("refuses_writes") == expected);
        CHECK(answer_of(server.url(), "stats").at("refuses_writes") == expected);
        for (const char* command : {"ping", "stats"}) {
            const Finished plain = run_at(server.url(), {command});
            CHECK(plain.out.find("refuses_writes\t" + (refuses_writes.empty() ? "n/a" : refuses_writes) +
                                 "\n") != std::string::npos);
            CHECK((plain.err.find("writes are refused") != std::string::npos) == (refuses_writes == "true"));
            CHECK(run_at(server.url(), {command, "-o", "table"}).out.find("refuses writes") !=
                  std::string::npos);
        }
        const std::string csv = run_at(server.url(), {"stats", "--no-scan", "-o", "csv"}).out;
        CHECK(csv.find("\nrefuses_writes," + refuses_writes + "\n") != std::string::npos);
        const std::string metrics = run_at(server.url(), {"stats", "--no-scan", "-o", "prometheus"}).out;
        CHECK((metrics.find("roacache_refuses_writes ") == std::string::npos) == refuses_writes.empty());
    }
}

TEST_CASE("a figure that is no finite number is n/a", "[stats]") {
    const RedisServer redis;
    for (const char* ratio : {"nan", "-nan", "inf", "-inf", "infinity", "1e999", "nan(1)"}) {
        const MeddledServer server =
            telling(redis, std::string("used_memory:200\r\nmem_fragmentation_ratio:") + ratio);
        INFO(ratio);
        CHECK(answer_of(server.url(), "stats").at("fragmentation").is_null());
        for (const char* format : {"plain", "csv", "prometheus", "table"}) {
            std::vector<std::string> command{"stats", "--no-scan", "-q"};
            if (std::string(format) != "plain") command.insert(command.end(), {"-o", format});
            const std::string out = run_at(server.url(), command).out;
            INFO(out);
            CHECK(out.find("nan") == std::string::npos);
            CHECK(out.find("inf") == out.find("info")); // roacache_server_info
        }
    }
    const MeddledServer server = telling(redis, "mem_fragmentation_ratio:1.25");
    CHECK(answer_of(server.url(), "stats").at("fragmentation") == 1.25);
}
