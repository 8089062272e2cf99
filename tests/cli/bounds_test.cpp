#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

std::string served_at(std::uint16_t port) {
    return "redis://127.0.0.1:" + std::to_string(port);
}

void fill_by(const RedisServer& redis, const std::string& statements) {
    const Finished finished =
        run({"/usr/bin/python3", "-c",
             "import redis\nr = redis.Redis(port=" + std::to_string(redis.port()) + ")\n" + statements});
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
}

bool walks_over_keys(const std::string& name) {
    return name.starts_with("keys") || name.starts_with("invalidate") || name == "stats";
}

} // namespace

TEST_CASE("a SCAN that never ends is ended by every command that walks", "[bounds]") {
    for (const char* manner : {"stands", "circles", "counts", "rises", "finds"}) {
        const PythonServer server("tests/support/endless_server.py", {manner});
        for (const auto& [name, command] : served_commands()) {
            if (!walks_over_keys(name)) continue;
            RunOptions limit;
            limit.timeout = std::chrono::seconds(120);
            const Finished finished = run_at(served_at(server.port()), command, limit);
            INFO(manner << " " << name << ": " << finished.err);
            CHECK_FALSE(finished.timed_out);
            CHECK((finished.exit_code == 4 || finished.exit_code == 5));
            // One that has other keys each time is taken for several servers at once.
            const bool finds = std::string(manner) == "finds";
            CHECK_THAT(finished.err, Contains(finds ? "several servers answer SCAN by turns"
                                                    : "SCAN does not come to an end"));
        }
    }
}

TEST_CASE("long names are shown and removed within the server's output limit", "[bounds]") {
    const std::string limit = GENERATE("normal 0 0 0", "normal 4mb 0 0", "normal 1mb 0 0");
    const RedisServer redis({"--client-output-buffer-limit", limit});
    // While a server makes its table smaller, one step may bring what is in many of its buckets.
    fill_by(redis, fmt::format(
                       "for i in range(60): r.set(b'cache:t:invoices_list:%03d' % i + b'x' * {}, 1, ex=1000)",
                       limit == "normal 1mb 0 0" ? 60000 : 200000));
    INFO(limit);
    const Finished count = run_at(redis.url(), {"keys", "-t", "t", "--count"});
    INFO(count.err);
    CHECK(count.exit_code == 0);
    CHECK(count.out == "60\n");
    const Finished stats = run_at(redis.url(), {"stats", "-o", "json"});
    INFO(stats.err);
    CHECK(stats.exit_code == 0);
    CHECK(json::parse(stats.out).at("keys") == 60);
    const Finished removed = run_at(redis.url(), {"invalidate", "-t", "t", "-o", "json"});
    INFO(removed.err);
    CHECK(removed.exit_code == 0);
    CHECK(json::parse(removed.out).at("removed") == 60);
    CHECK(redis.cli({"dbsize"}) == "0");
}

TEST_CASE("times to live of millions of years are shown in every format", "[bounds]") {
    const RedisServer redis;
    const std::string key = "cache:t:invoices_list:h1";
    for (const std::string ttl :
         {"9223372036854775807", "9223372036854775", "9223372036855", "9223372036854", "1"}) {
        fill_entries(redis);
        const MeddledServer server(redis,
                                   {{"PTTL", ":" + ttl + "\r\n"}, {"OBJECT", ":9223372036854775807\r\n"}});
        for (const char* format : {"table", "json", "ndjson", "csv"}) {
            for (const auto& command :
                 {std::vector<std::string>{"keys", "-t", "t", "-l"}, {"stats"}, {"inspect", key}}) {
                auto arguments = command;
                arguments.insert(arguments.end(), {"-o", format});
                const Finished finished = run_at(server.url(), arguments);
                INFO(command.front() << " " << format << " " << ttl << ": " << finished.out << finished.err);
                CHECK(finished.exit_code == 0);
                if (std::string(format) != "table") CHECK(finished.out.find(ttl) != std::string::npos);
                CHECK(finished.out.find("-9") == std::string::npos); // no overflow
            }
        }
        const std::string metrics = run_at(server.url(), {"stats", "-o", "prometheus"}).out;
        CHECK(metrics.find("} -") == std::string::npos);
    }
    fill_entries(redis);
    const MeddledServer server(redis, {{"PTTL", ":9223372036854775807\r\n"}});
    const std::string table = run_at(server.url(), {"keys", "-t", "t", "-l", "-o", "table"}).out;
    CHECK(table.find("106,751,991,167 days") != std::string::npos);
}

TEST_CASE("counters that lie give no hit rate beyond one", "[bounds]") {
    const RedisServer redis;
    struct Counters {
        std::string hits, misses;
        json rate;
    };
    const std::vector<Counters> cases = {{"18446744073709551615", "2", 1.0},
                                         {"18446744073709551615", "18446744073709551615", 0.5},
                                         {"9223372036854775808", "9223372036854775808", 0.5},
                                         {"-1", "5", nullptr},
                                         {"5", "-1", nullptr},
                                         {"99999999999999999999999", "1", nullptr},
                                         {"0", "0", nullptr},
                                         {"1e3", "1", nullptr}};
    for (const auto& [hits, misses, rate] : cases) {
        const std::string info =
            "keyspace_hits:" + hits + "\r\nkeyspace_misses:" + misses +
            "\r\nuptime_in_seconds:18446744073709551615\r\nmaxmemory:18446744073709551615\r\n";
        const MeddledServer server(redis,
                                   {{"INFO", "$" + std::to_string(info.size()) + "\r\n" + info + "\r\n"}});
        for (const char* format : {"table", "json", "csv", "prometheus"}) {
            const Finished finished = run_at(server.url(), {"stats", "--no-scan", "-q", "-o", format});
            INFO(hits << " " << misses << " " << format << finished.out << finished.err);
            CHECK(finished.exit_code == 0);
            if (std::string(format) != "json") continue;
            const json reported = json::parse(finished.out).at("hit_rate");
            if (rate.is_null())
                CHECK(reported.is_null());
            else
                CHECK(reported.get<double>() == Approx(rate.get<double>()));
        }
    }
}

TEST_CASE("numbers in JSON values are shown as they were written", "[bounds]") {
    const RedisServer redis;
    const std::string value = R"({"id":123456789012345678901234567890,"n":-9223372036854775809,"f":1.10,)"
                              R"("d":0.1000000000000000055511151231257827,"id":2,"s":"a  b \" c"})";
    std::string spread = value;
    spread.insert(1, " \n\t ");
    redis.cli({"SET", "big", spread});
    for (const char* format : {"json", "ndjson"}) {
        const Finished finished = run_at(redis.url(), {"inspect", "big", "-o", format});
        INFO(finished.out << finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(finished.out.find(value) != std::string::npos);
    }
    CHECK(run_at(redis.url(), {"inspect", "big", "-o", "table"}).out.find("123456789012345678901234567890") !=
          std::string::npos);
}
