// Keys that nobody would choose, and that every command has to live with.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <string>
#include <vector>

using namespace roacache::test;

namespace {

/// As redis-cli reads them.
std::vector<std::string> odd_keys() {
    return {"",
            ":",
            "::",
            " ",
            "\\n",
            "\\x00",
            "\\xff\\xfe",
            "cache",
            "cache:",
            "cache::",
            "cache:::",
            "cache:default:",
            ":default:h",
            "{}",
            "{}:{}",
            "*",
            "[",
            "\\\\",
            "'",
            "\\x1b[31m",
            "cache:x:y:z:",
            std::string(5000, ':'),
            "cache:default:" + std::string(70'000, 'a')};
}

std::vector<std::vector<std::string>> reading_commands() {
    std::vector<std::vector<std::string>> commands{{"keys", "--match", "*", "-l"},
                                                   {"keys", "--all-tenants", "-l"},
                                                   {"inspect", "--match", "*"},
                                                   {"stats", "--by", "tenant"},
                                                   {"stats", "--by", "tenant,resource"},
                                                   {"stats", "--match", "*"},
                                                   {"stats", "--by", "prefix"},
                                                   {"invalidate", "--match", "*", "--dry-run"},
                                                   {"invalidate", "--all-tenants", "--dry-run"},
                                                   {"doctor"}};
    for (const char* format : {"table", "json", "csv", "prometheus"})
        commands.push_back({"stats", "-o", format});
    return commands;
}

} // namespace

TEST_CASE("no key, alone or among others, ends a command in a crash", "[keys][stats]") {
    const RedisServer redis;
    const auto check_all = [&] {
        for (std::vector<std::string> command : reading_commands()) {
            command.insert(command.end(), {"-u", redis.url()});
            const Finished finished = run_roacache(command);
            INFO(command[0] << " " << command[1] << " " << command[2] << ": " << finished.err.substr(0, 500));
            CHECK(finished.exit_code <= 1);
            CHECK(finished.err.find("bug: ") == std::string::npos);
        }
    };
    RunOptions all;
    for (const std::string& key : odd_keys()) {
        RunOptions one;
        one.input = "FLUSHALL\nSET \"" + key + "\" v\n";
        all.input += "SET \"" + key + "\" v\n";
        run({"redis-cli", "-s", redis.socket().string()}, one);
        INFO(key.substr(0, 100));
        CHECK(redis.cli({"DBSIZE"}) == "1");
        check_all();
    }
    run({"redis-cli", "-s", redis.socket().string()}, all);
    CHECK(redis.cli({"DBSIZE"}) == std::to_string(odd_keys().size()));
    check_all();
}
