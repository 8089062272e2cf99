#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Ends the connection at some commands, as twemproxy does at those that it does not know.
PythonServer closing_proxy(const RedisServer& redis, const std::vector<std::string>& commands) {
    std::vector<std::string> arguments{std::to_string(redis.port())};
    for (const std::string& command : commands)
        arguments.insert(arguments.end(), {"--close", command});
    return PythonServer("tests/support/altering_proxy.py", arguments);
}

std::string url_of(const PythonServer& proxy) {
    return "redis://127.0.0.1:" + std::to_string(proxy.port());
}

struct Reading {
    std::string name;
    std::vector<std::string> command;
    std::vector<std::string> needs; ///< commands that it cannot do without
};

const std::vector<Reading>& readings() {
    static const std::vector<Reading> all = {
        {"ping", {"ping"}, {}},
        {"keys", {"keys", "-t", "t"}, {"SCAN"}},
        {"keys -l", {"keys", "-t", "t", "-l"}, {"SCAN"}},
        {"keys -k", {"keys", "-k", k_first_entry, "-k", "absent"}, {"EXISTS"}},
        {"keys -l -k", {"keys", "-l", "-k", k_first_entry, "-k", "absent"}, {}},
        {"keys --sort ttl -k", {"keys", "--sort", "ttl", "-k", k_first_entry, "-k", "absent"}, {}},
        {"inspect", {"inspect", k_first_entry}, {"TYPE", "GETRANGE"}},
        {"inspect list", {"inspect", "list"}, {"TYPE", "LRANGE"}},
        {"inspect --raw", {"inspect", "--raw", k_first_entry}, {"TYPE", "GETRANGE"}},
        {"inspect -t", {"inspect", "-t", "t", "--max-bytes", "0"}, {"TYPE", "SCAN"}},
        {"stats", {"stats"}, {"SCAN"}},
        {"stats -k", {"stats", "-k", k_first_entry}, {}},
        {"stats --no-scan", {"stats", "--no-scan"}, {}},
        {"invalidate --dry-run", {"invalidate", "-t", "t", "--dry-run"}, {"SCAN"}}};
    return all;
}

void check_reading(const Reading& reading, const std::vector<std::string>& closes) {
    static const RedisServer redis;
    fill_entries(redis);
    redis.cli({"RPUSH", "list", "one", "two"});
    const PythonServer proxy = closing_proxy(redis, closes);
    const auto missing =
        std::find_if(reading.needs.begin(), reading.needs.end(), [&](const std::string& command) {
            return std::count(closes.begin(), closes.end(), command) > 0;
        });
    const Finished finished = run_at(url_of(proxy), reading.command);
    INFO(reading.name << " without " << closes.front() << ": " << finished.out << finished.err);
    if (missing == reading.needs.end()) {
        CHECK(finished.exit_code == 0);
        const bool lists = reading.name.starts_with("keys -l -k") || reading.name.starts_with("keys --sort");
        if (lists) CHECK(lines_in(finished.out) == 1); // the absent one is none
        return;
    }
    CHECK(finished.exit_code == 4);
    CHECK(is_one_error(finished.err));
    CHECK(finished.err.find(": ended the connection at " + *missing + ": is it a proxy") !=
          std::string::npos);
    CHECK(finished.out.empty());
}

} // namespace

TEST_CASE("a command at which a proxy ends the connection is done without, or named, by all that read",
          "[proxies]") {
    for (const char* command : {"INFO", "HELLO", "CLUSTER", "DBSIZE", "OBJECT", "MEMORY", "PTTL", "TYPE",
                                "EXISTS", "SCAN", "STRLEN", "LLEN", "GETRANGE", "LRANGE"})
        for (const Reading& reading : readings())
            check_reading(reading, {command});
}

TEST_CASE("behind twemproxy what can be known is reported", "[proxies]") {
    const std::vector<std::string> unknown = {"INFO",   "HELLO",  "CLUSTER", "CLIENT", "OBJECT",
                                              "MEMORY", "DBSIZE", "SCAN",    "SELECT"};
    for (const Reading& reading : readings())
        check_reading(reading, unknown);
    const RedisServer redis;
    fill_entries(redis);
    const PythonServer proxy = closing_proxy(redis, unknown);
    const json pong = json::parse(run_at(url_of(proxy), {"ping", "-o", "json"}).out);
    for (const char* name : {"kind", "version", "role", "topology", "refuses_writes"})
        CHECK(pong.at(name).is_null());
    CHECK(pong.at("rtt_ms").at("min") > 0);
    const json key =
        json::parse(run_at(url_of(proxy), {"keys", "-l", "-k", k_first_entry, "-o", "ndjson"}).out);
    CHECK(key.at("type") == "string");
    CHECK(key.at("ttl_ms") > 0);
    CHECK(key.at("bytes").is_null());
}

TEST_CASE("a server that ends the connection at every command is unreachable", "[proxies]") {
    const RedisServer redis;
    fill_entries(redis);
    std::vector<std::string> all = {"INFO", "HELLO", "CLUSTER", "CLIENT", "OBJECT", "MEMORY", "DBSIZE",
                                    "SCAN", "PING",  "TYPE",    "PTTL",   "EXISTS", "UNLINK", "GETRANGE"};
    const PythonServer proxy = closing_proxy(redis, all);
    for (const Reading& reading : readings()) {
        const Finished finished = run_at(url_of(proxy), reading.command);
        INFO(reading.name << ": " << finished.err);
        CHECK(finished.exit_code == 3);
        CHECK(is_one_error(finished.err));
        CHECK(finished.out.empty());
    }
}
