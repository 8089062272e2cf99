// The smallest rights that doctor proposes: a user with them runs each command that they are for, and without
// any one of them something is worse.

#include "tests/cli/examined.hpp"
#include "tests/cli/served_commands.hpp"
#include "tests/support/nodes.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr const char* k_entry = "cache:t:invoices_list:h1";

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        words.push_back(word == ">PASSWORD" ? ">pw" : word);
    return words;
}

/// Entries of every other type.
constexpr const char* k_containers =
    "redis.call('RPUSH', 'cache:t:lists:h1', 'a') redis.call('SADD', 'cache:t:sets:h1', 'a') "
    "redis.call('ZADD', 'cache:t:ranks:h1', 1, 'a') redis.call('HSET', 'cache:t:hashes:h1', 'f', 'a') "
    "redis.call('XADD', 'cache:t:streams:h1', '*', 'f', 'a')";

constexpr const char* k_policy = "allkeys-lru";

/// A command line, and the eviction policy that it needs to tell all that it can.
struct Line {
    std::vector<std::string> words;
    std::string policy = k_policy;
};

/// What is claimed by name, as it is run here. PLAN stands for a plan of tenant t that nobody has applied.
const std::map<std::string, std::vector<Line>>& lines() {
    static const std::map<std::string, std::vector<Line>> all = {
        {"ping", {{{"ping", "-o", "json"}}}},
        {"keys", {{{"keys", "-t", "t", "-o", "ndjson"}}}},
        {"keys --key", {{{"keys", "--key", k_entry, "-o", "ndjson"}}}},
        {"keys -l", {{{"keys", "-t", "t", "-l", "-o", "ndjson"}}}},
        {"inspect",
         {{{"inspect", k_entry, "-v", "-o", "json"}},
          {{"inspect", k_entry, "-o", "json"}, "allkeys-lfu"},
          {{"inspect", "cache:t:lists:h1", "-v", "-o", "json"}},
          {{"inspect", "cache:t:sets:h1", "-v", "-o", "json"}},
          {{"inspect", "cache:t:ranks:h1", "-v", "-o", "json"}},
          {{"inspect", "cache:t:hashes:h1", "-v", "-o", "json"}},
          {{"inspect", "cache:t:streams:h1", "-v", "-o", "json"}}}},
        {"stats", {{{"stats", "-o", "json"}}}},
        {"invalidate", {{{"invalidate", "-t", "t", "-o", "json"}}}},
        {"invalidate --soft", {{{"invalidate", "-t", "t", "--soft", "1h", "-o", "json"}}}},
        {"plan", {{{"plan", "-t", "t", "-o", "json"}}}},
        {"apply", {{{"apply", "PLAN", "-o", "json"}}}},
        {"follow",
         {{{"follow", "--command", "echo 1", "-r", "invoices_list", "-t", "t", "--once", "--invalidate-first",
            "-o", "ndjson"}}}},
        {"doctor", {{{"doctor", "--host-root", "/dev", "-o", "json"}}}}};
    return all;
}

/// How much is not told: values that are null, and what could not be checked.
std::size_t untold(const json& value) {
    if (value.is_null()) return 1;
    std::size_t sum = 0;
    if (value.is_structured())
        for (const auto& part : value)
            sum += untold(part);
    if (value.is_object() && value.contains("not_checked")) sum += value.at("not_checked").size();
    if (value.is_object() && value.contains("basis")) sum += value.at("basis") == "probes" ? 1 : 0;
    return sum;
}

struct Ended {
    int exit_code = 0;
    std::size_t untold = 0;
};

std::string url_as(const SoundServer& server, const std::string& user) {
    return "redis://" + user + "@127.0.0.1:" + std::to_string(server.redis.port());
}

void fill(const SoundServer& server) {
    fill_cache(server.redis, 3);
    server.redis.cli({"EVAL", k_containers, "0"});
}

bool changes_entries(const Line& line) {
    const std::string& command = line.words.front();
    return command == "invalidate" || command == "apply" || command == "follow";
}

Ended run_as(const SoundServer& server, const std::string& user, const Line& line) {
    RunOptions options;
    const TempDir folder;
    std::vector<std::string> words = line.words;
    if (words.at(1) == "PLAN") {
        words[1] = folder.path() / "plan.json";
        options.env["ROACACHE_URL"] = url_as(server, ":s3cret");
        REQUIRE(run_roacache({"plan", "-t", "t", "-O", words[1]}, options).exit_code == 0);
        words.insert(words.end(), {"-u", url_as(server, user)});
    }
    options.env["ROACACHE_URL"] = url_as(server, user);
    const bool other_policy = line.policy != k_policy;
    if (other_policy) server.redis.cli({"CONFIG", "SET", "maxmemory-policy", line.policy});
    const Finished finished = run_roacache(words, options);
    if (other_policy) server.redis.cli({"CONFIG", "SET", "maxmemory-policy", k_policy});
    if (changes_entries(line)) fill(server);
    Ended ended{finished.exit_code, finished.err.find("counted as use") == std::string::npos ? 0U : 1U};
    std::istringstream documents(finished.out);
    if (words.at(0) == "keys" || words.at(0) == "follow") {
        for (std::string one; std::getline(documents, one);)
            ended.untold += untold(json::parse(one));
    } else if (!finished.out.empty()) {
        ended.untold += untold(json::parse(finished.out));
    }
    INFO(finished.out << finished.err);
    CHECK(finished.exit_code != 70);
    return ended;
}

void check_rights(const SoundServer& server, const std::string& rights,
                  const std::vector<std::string>& commands) {
    INFO(rights);
    const std::vector<std::string> words = words_of(rights);
    REQUIRE(words.at(2) == "roacache");
    const std::string user = "roacache:pw";
    REQUIRE(server.redis.cli(words) == "OK");
    fill(server);
    std::vector<std::pair<const Line*, Ended>> whole;
    for (const std::string& command : commands)
        for (const Line& line : lines().at(command)) {
            INFO(command);
            const Ended as_all = run_as(server, ":s3cret", line);
            whole.emplace_back(&line, run_as(server, user, line));
            CHECK(whole.back().second.exit_code == 0);
            // What shows more than the user's keys is left out, and doctor says so.
            if (command != "doctor") CHECK(whole.back().second.untold == as_all.untold);
        }
    for (std::size_t i = 5; i < words.size(); ++i) {
        std::vector<std::string> fewer = words;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
        REQUIRE(server.redis.cli(fewer) == "OK");
        INFO("without " << words[i]);
        CHECK(std::any_of(whole.begin(), whole.end(), [&](const auto& known) {
            const Ended ended = run_as(server, user, *known.first);
            return ended.exit_code != known.second.exit_code || ended.untold > known.second.untold;
        }));
    }
}

} // namespace

TEST_CASE("the smallest rights let each command work that they are for", "[doctor][acl]") {
    const SoundServer server({"--enable-debug-command", "yes"});
    // Where a delay is recorded, the record is of use without the settings too.
    server.redis.cli({"CONFIG", "SET", "latency-monitor-threshold", "1"});
    server.redis.cli({"DEBUG", "SLEEP", "0.02"});
    REQUIRE(server.redis.cli({"LATENCY", "LATEST"}).find("command") != std::string::npos);
    const json acl = server.examine().at("acl");
    check_rights(server, acl.at("minimal"), acl.at("minimal_for"));
    check_rights(server, acl.at("read_only"), acl.at("read_only_for"));
    const auto all = acl.at("minimal_for").get<std::vector<std::string>>();
    CHECK(all.size() == lines().size());
    CHECK(acl.at("read_only").get<std::string>().find(" %R~cache:") != std::string::npos);
    CHECK(acl.at("read_only").get<std::string>().find("unlink") == std::string::npos);
}

TEST_CASE("rights for each form of a profile's keys, and no pattern that another covers", "[doctor][acl]") {
    const SoundServer server;
    const auto patterns = [&](const char* profile) {
        std::set<std::string> list;
        for (const std::string& word : words_of(server.examine({"-p", profile}).at("acl").at("minimal")))
            if (word.starts_with("~")) list.insert(word);
        return list;
    };
    CHECK(patterns("roa2web").size() == 1);
    CHECK(patterns("salonos") ==
          std::set<std::string>{"~settings:singleton", "~dashboard:metrics:*", "~dashboard:top_services:*:*",
                                "~dashboard:staff_performance:*", "~catalog:categories:active=*"});
    const auto hr = patterns("hr-portal");
    CHECK(hr.contains("~user:*"));
    CHECK_FALSE(hr.contains("~user:*:roles"));
}

TEST_CASE("what a user may not do is the same by a dry run and by a transaction", "[doctor][acl]") {
    const SoundServer server;
    const auto missing = [&](const std::string& user, const char* basis) {
        const json acl = server.examine({}, url_as(server, user)).at("acl");
        CHECK(acl.at("basis") == basis);
        std::set<std::string> list;
        for (const auto& one : acl.at("missing"))
            list.insert(one.at("command").get<std::string>() + ": " + one.at("needs").get<std::string>() +
                        (one.at("fails") == true ? " fails" : ""));
        return list;
    };
    const std::vector<std::string> rights{"on",   ">s3cret", "~other:*", "+@all",      "-unlink",
                                          "-del", "-memory", "-config",  "-@dangerous"};
    const auto make = [&](const char* name, const char* more) {
        std::vector<std::string> command{"ACL", "SETUSER", name};
        command.insert(command.end(), rights.begin(), rights.end());
        command.emplace_back(more);
        REQUIRE(server.redis.cli(command) == "OK");
    };
    make("asking", "+acl");
    make("trying", "-acl");
    const auto dry = missing("asking", "dry_run");
    auto tried = missing("trying", "transaction");
    CHECK(tried.erase("doctor: ACL WHOAMI") == 1);
    CHECK(dry == tried);
    CHECK(dry.contains("invalidate: UNLINK fails"));
    CHECK(dry.contains("inspect: TYPE fails")); // not with these keys
    CHECK(dry.contains("stats: INFO"));
    CHECK_FALSE(dry.contains("keys: SCAN fails"));
}

TEST_CASE("the smallest rights at a cluster are those with which its replicas can be read",
          "[doctor][acl][cluster]") {
    RedisCluster cluster(true);
    for (const char* key :
         {"cache:t:invoices_list:h1", "cache:t:invoices_list:h2", "cache:t:invoices_list:h3"})
        cluster.cli({"SET", key, "value", "EX", "1000"});
    constexpr std::size_t k_primaries = 3;
    for (std::size_t number = 0; number < k_primaries; ++number)
        REQUIRE(eventually([&] {
            return cluster.node(number).cli({"DBSIZE"}) == cluster.node(number + k_primaries).cli({"DBSIZE"});
        }));
    const auto run_there = [&](std::vector<std::string> line, const std::string& user) {
        return run_at("redis://" + user + cluster.node(0).address(), std::move(line));
    };
    const Finished examined = run_there({"doctor", "--host-root", "/dev", "-o", "json"}, "");
    INFO(examined.err);
    const json acl = json::parse(examined.out).at("acl");
    const auto names = acl.at("read_only_for").get<std::set<std::string>>();
    CHECK(names.contains("keys -l --read-from replica"));
    const std::vector<std::string> words = words_of(acl.at("read_only"));
    const auto give = [&](const std::vector<std::string>& rights) {
        for (std::size_t number = 0; number < cluster.size(); ++number)
            REQUIRE(cluster.node(number).cli(rights) == "OK");
    };
    give(words);
    for (std::size_t number = 0; number < cluster.size(); ++number)
        cluster.node(number).cli({"CONFIG", "RESETSTAT"});
    const auto listed = [&] {
        return run_there({"keys", "-t", "t", "-l", "--read-from", "replica", "-o", "ndjson"}, "roacache:pw@");
    };
    const Finished all = listed();
    INFO(all.out << all.err);
    CHECK(all.exit_code == 0);
    CHECK(lines_in(all.out) == 3);
    CHECK(all.out.find("\"ttl_ms\":null") == std::string::npos);
    const auto primaries_asked = [&] {
        bool asked = false;
        for (std::size_t number = 0; number < k_primaries; ++number)
            asked = asked || cluster.node(number).cli({"INFO", "commandstats"}).find("cmdstat_pttl:") !=
                                 std::string::npos;
        return asked;
    };
    CHECK_FALSE(primaries_asked());
    const auto without = [&](const char* rule) {
        std::vector<std::string> fewer = words;
        REQUIRE(std::erase(fewer, rule) == 1);
        give(fewer);
        return listed().exit_code;
    };
    CHECK(without("+cluster|nodes") != 0);
    CHECK_FALSE(primaries_asked());
    CHECK(without("+readonly") == 0); // the replicas send to their primaries
    CHECK(primaries_asked());
}

TEST_CASE("who tells services over a channel gets the rights to that one", "[doctor][acl]") {
    const SoundServer server;
    fill(server);
    const std::string channel = "cache-invalidation";
    const auto names_in = [](const json& list) { return list.get<std::set<std::string>>(); };
    CHECK_FALSE(names_in(server.examine().at("acl").at("minimal_for")).contains("invalidate --notify"));
    const json acl = server.examine({"--notify", channel}).at("acl");
    CHECK(names_in(acl.at("minimal_for")).contains("invalidate --notify"));
    CHECK_FALSE(names_in(acl.at("read_only_for")).contains("invalidate --notify"));
    CHECK(acl.at("read_only").get<std::string>().find("publish") == std::string::npos);
    REQUIRE(server.redis.cli(words_of(acl.at("minimal"))) == "OK");
    const std::string url = url_as(server, "roacache:pw");
    const auto tells = [&](const std::string& over) {
        const Finished finished = run_at(url, {"invalidate", "-t", "t", "--notify", over, "-o", "json"});
        fill(server);
        return finished.err.find("nobody was told: ") == std::string::npos;
    };
    const auto missing = [&](const std::string& over) {
        const json answer = server.examine({"--notify", over}, url);
        for (const json& one : answer.at("acl").at("missing"))
            if (one.at("command") == "invalidate --notify") return one.at("fails") == true;
        return false;
    };
    CHECK(tells(channel));
    CHECK_FALSE(missing(channel));
    CHECK_FALSE(tells("other"));
    CHECK(missing("other"));
}

TEST_CASE("of a server before users had rights no rights are proposed", "[doctor][acl]") {
    const SoundServer server;
    const char* const unknown = "-ERR unknown command 'ACL'\r\n";
    const MeddledServer older(server.redis, {{"INFO", info_of_old(server.redis)}, {"ACL", unknown}});
    const json acl = server.examine({}, older.url()).at("acl");
    CHECK(acl.at("minimal").is_null());
    CHECK(acl.at("read_only").is_null());
    CHECK(acl.at("minimal_for").empty());
    const Finished table = server.doctor({"-o", "table"}, older.url());
    CHECK(table.out.find("begin with Redis 6.0") != std::string::npos);
    CHECK(table.out.find("ACL SETUSER") == std::string::npos);
}

TEST_CASE(
    "no rights are proposed where the server does not know ACL, and the user's own lack changes nothing",
    "[doctor][acl]") {
    const SoundServer refusing({"--rename-command", "acl", ""});
    const json acl = refusing.examine().at("acl");
    CHECK(acl.at("minimal").is_null());
    CHECK(acl.at("read_only").is_null());
    CHECK(acl.at("minimal_for").empty());
    CHECK(refusing.doctor({"-o", "table"}).out.find("ACL SETUSER") == std::string::npos);
    const SoundServer server;
    server.redis.cli({"ACL", "SETUSER", "part", "on", ">s3cret", "~*", "+@all", "-acl", "-config"});
    server.redis.cli({"CONFIG", "SET", "maxmemory", "0"});
    const json answer = server.examine({}, url_as(server, "part"));
    CHECK(answer.at("acl").at("minimal").is_string());
    CHECK(answer.at("findings").at(0).at("remedy").get<std::string>().starts_with("redis-cli CONFIG SET"));
}
