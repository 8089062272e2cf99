#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>
#include <set>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Commands of the server, refused one at a time, and which of roacache's cannot do without: exit 4.
const std::map<std::string, std::set<std::string>> k_needed_by = {
    {"memory", {}},
    {"config", {}},
    {"info", {}},
    {"hello", {}},
    {"client", {}},
    {"ping", {}},
    {"dbsize", {}},
    {"object", {}},
    {"pttl", {}},
    {"exists", {}},
    {"unlink", {}},
    {"type", {"inspect"}},
    {"getrange", {"inspect"}},
    {"pexpire", {"invalidate --soft"}},
    {"scan",
     {"keys", "keys -l", "stats", "invalidate", "invalidate --dry-run", "invalidate --soft",
      "invalidate --verify"}}};

/// What a run left of the entries: `all`, `shortened` or `removed`.
std::string left_in(const RedisServer& redis) {
    return redis.cli(
        {"EVAL",
         "if redis.call('DBSIZE') == 1 then return 'removed' end "
         "local left = redis.call('PTTL', KEYS[1]) "
         "return redis.call('DBSIZE') == 4 and left > tonumber(ARGV[1]) and 'all' or 'shortened'",
         "1", k_first_entry, std::to_string(k_soft_ms)});
}

void check_all(const RedisServer& redis, const std::string& url, const std::string& refused,
               const std::set<std::string>& needed_by) {
    fill_entries(redis);
    for (const auto& [name, command] : served_commands()) {
        INFO(name << " without " << refused);
        const Finished finished = run_at(url, command);
        INFO(finished.err);
        CHECK(finished.err.find("opensesame") == std::string::npos);
        const std::string left = left_in(redis);
        if (needed_by.count(name) != 0) {
            CHECK(finished.exit_code == 4);
            CHECK(is_one_error(finished.err));
            CHECK(finished.err.find(refused) != std::string::npos);
            CHECK(finished.out.empty());
            CHECK(left == "all");
            continue;
        }
        CHECK(finished.exit_code == 0);
        const bool noted =
            name == "keys -l" && (refused == "memory" || refused == "MEMORY" || refused == "pttl");
        CHECK(finished.err.starts_with(noted ? "roacache: note: the server does not tell this user" : ""));
        CHECK(lines_in(finished.err) == (noted ? 1 : 0));
        const bool removes = name == "invalidate" || name == "invalidate --verify";
        CHECK(left == (removes ? "removed" : name == "invalidate --soft" ? "shortened" : "all"));
        if (left != "all") fill_entries(redis);
    }
}

json one_key(const std::string& url, std::vector<std::string> command) {
    command.insert(command.end(), {"-o", "ndjson"});
    const Finished finished = run_at(url, command);
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    return json::parse(finished.out.substr(0, finished.out.find('\n')));
}

} // namespace

TEST_CASE("a command that a user may not run is done without, or refused by name", "[refusals]") {
    const RedisServer redis;
    for (const auto& [refused, needed_by] : k_needed_by) {
        redis.cli({"ACL", "SETUSER", "no-" + refused, "on", ">opensesame", "~*", "+@all", "-" + refused});
        check_all(redis, "redis://no-" + refused + ":opensesame@127.0.0.1:" + std::to_string(redis.port()),
                  refused, needed_by);
    }
}

TEST_CASE("a command that was renamed away is done without, or refused by name", "[refusals]") {
    for (const char* renamed : {"memory", "config", "info", "unlink", "ping", "object", "scan", "pexpire"}) {
        // FLUSHDB, SET and EVAL stay, for the test itself.
        const RedisServer redis({"--rename-command", renamed, ""});
        std::string shown(renamed);
        for (char& letter : shown)
            letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
        check_all(redis, redis.url(), shown, k_needed_by.at(renamed));
    }
}

TEST_CASE("a server without MEMORY, CONFIG, INFO, OBJECT, CLIENT, HELLO, PING and DBSIZE is served still",
          "[refusals]") {
    std::vector<std::string> arguments;
    for (const char* renamed : {"memory", "config", "info", "object", "client", "hello", "ping", "dbsize"})
        arguments.insert(arguments.end(), {"--rename-command", renamed, ""});
    const RedisServer redis(arguments);
    fill_entries(redis);
    const json pong = one_key(redis.url(), {"ping"});
    for (const char* name : {"kind", "version", "role", "topology"})
        CHECK(pong.at(name).is_null());
    CHECK(pong.at("rtt_ms").at("min") > 0);
    const json key = one_key(redis.url(), {"keys", "-l", "-t", "t"});
    CHECK(key.at("type") == "string");
    CHECK(key.at("ttl_ms") > 0);
    CHECK(key.at("bytes").is_null());
    const json entry = one_key(redis.url(), {"inspect", k_first_entry});
    for (const char* name : {"encoding", "bytes", "idle_ms"})
        CHECK(entry.at(name).is_null());
    CHECK(entry.at("value").at("json") == json{1});
    const json stats = one_key(redis.url(), {"stats", "-q"});
    CHECK(stats.at("keys") == 3);
    for (const char* name : {"hits", "misses", "hit_rate", "evictions", "expirations", "bytes"})
        CHECK(stats.at(name).is_null());
    CHECK(one_key(redis.url(), {"invalidate", "-t", "t", "--verify"}).at("matched") == 3);
}

TEST_CASE("keys that are named and not there are not made up where little may be asked", "[refusals]") {
    const RedisServer redis;
    fill_entries(redis);
    redis.cli({"ACL", "SETUSER", "blind", "on", ">opensesame", "~*", "+@all", "-type", "-pttl", "-memory"});
    const std::string url = "redis://blind:opensesame@127.0.0.1:" + std::to_string(redis.port());
    const std::vector<std::string> named = {"-k", k_first_entry, "-k", "absent", "-k", "gone"};
    const auto with = [&](std::vector<std::string> command) {
        command.insert(command.end(), named.begin(), named.end());
        return command;
    };
    CHECK(lines_in(run_at(url, with({"keys", "-l"})).out) == 1);
    CHECK(one_key(url, with({"stats", "-q"})).at("keys") == 1);
    const json removed = json::parse(run_at(url, with({"invalidate", "--verify", "-o", "json"})).out);
    CHECK(removed.at("removed") == 1);
    CHECK(removed.at("remaining") == 0);
}

TEST_CASE("what was shortened counts as verified only where times to live are known", "[refusals]") {
    const RedisServer redis;
    fill_entries(redis);
    redis.cli({"ACL", "SETUSER", "blind", "on", ">opensesame", "~*", "+@all", "-pttl"});
    const std::string url = "redis://blind:opensesame@127.0.0.1:" + std::to_string(redis.port());
    const Finished finished =
        run_at(url, {"invalidate", "-t", "t", "--soft", k_soft, "--verify", "-o", "json"});
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.find("roacache: note: ") == 0);
    CHECK(finished.err.find("(PTTL)") != std::string::npos);
    const json reported = json::parse(finished.out);
    CHECK(reported.at("shortened") == 3);
    CHECK(reported.at("remaining").is_null());
    CHECK(reported.at("refilled").is_null());
}

TEST_CASE("a key that a user may not see does not hide what it may see of the others", "[refusals]") {
    const RedisServer redis;
    redis.cli({"EVAL",
               "for i=1,40 do redis.call('SET', 'cache:a:x:h'..i, 'v', 'EX', 500) "
               "redis.call('SET', 'cache:b:x:h'..i, 'v', 'EX', 500) end",
               "0"});
    redis.cli({"ACL", "SETUSER", "of-a", "on", ">opensesame", "~cache:a:*", "+@all"});
    const std::string url = "redis://of-a:opensesame@127.0.0.1:" + std::to_string(redis.port());
    const Finished listed = run_at(url, {"keys", "-l", "-o", "json"});
    REQUIRE(listed.exit_code == 0);
    const json document = json::parse(listed.out);
    CHECK(document.at("keys").size() == 80);
    for (const json& key : document.at("keys")) {
        const bool seen = key.at("tenant") == "a";
        CHECK(key.at("type").is_null() != seen);
        CHECK(key.at("ttl_ms").is_null() != seen);
        CHECK(key.at("bytes").is_null() != seen);
    }
    const json groups = one_key(url, {"stats", "-q", "--by", "tenant"}).at("groups");
    REQUIRE(groups.size() == 2);
    for (const json& group : groups)
        CHECK(group.at("bytes").is_null() != (group.at("tenant") == "a"));

    // What it may not touch ends the run; what went before is reported.
    const Finished partly = run_at(url, {"invalidate", "-r", "x", "--all-tenants", "-o", "json"});
    CHECK(partly.exit_code == 5);
    CHECK(json::parse(partly.out).at("removed") == 40);
    CHECK(json::parse(partly.out).at("groups").at(0).at("tenant") == "a");
    CHECK(redis.cli({"dbsize"}) == "40");
    const Finished refused = run_at(url, {"invalidate", "-t", "b"});
    CHECK(refused.exit_code == 4);
    CHECK(is_one_error(refused.err));
    CHECK(redis.cli({"dbsize"}) == "40");
}
