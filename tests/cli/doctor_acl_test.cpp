// The smallest rights that doctor proposes: a user with them runs each command that they are for, and without
// any one of them something is worse.

#include "tests/cli/examined.hpp"

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

/// What is claimed by name, as it is run here.
const std::map<std::string, std::vector<std::string>>& lines() {
    static const std::map<std::string, std::vector<std::string>> all = {
        {"ping", {"ping", "-o", "json"}},
        {"keys", {"keys", "-t", "t", "-o", "ndjson"}},
        {"keys -l", {"keys", "-t", "t", "-l", "-o", "ndjson"}},
        {"inspect", {"inspect", k_entry, "-v", "-o", "json"}},
        {"stats", {"stats", "-o", "json"}},
        {"invalidate", {"invalidate", "-t", "t", "-o", "json"}},
        {"invalidate --soft", {"invalidate", "-t", "t", "--soft", "1h", "-o", "json"}},
        {"follow",
         {"follow", "--command", "echo 1", "-r", "invoices_list", "-t", "t", "--once", "--invalidate-first",
          "-o", "ndjson"}},
        {"doctor", {"doctor", "--host-root", "/dev", "-o", "json"}}};
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

Ended run_as(const SoundServer& server, const std::string& user, const std::vector<std::string>& line) {
    fill_cache(server.redis, 3);
    RunOptions options;
    options.env["ROACACHE_URL"] = "redis://" + user + "@127.0.0.1:" + std::to_string(server.redis.port());
    const Finished finished = run_roacache(line, options);
    Ended ended{finished.exit_code, finished.err.find("counted as use") == std::string::npos ? 0U : 1U};
    std::istringstream documents(finished.out);
    if (line.at(0) == "keys" || line.at(0) == "follow") {
        for (std::string one; std::getline(documents, one);)
            ended.untold += untold(json::parse(one));
    } else if (!finished.out.empty()) {
        ended.untold += untold(json::parse(finished.out));
    }
    INFO(finished.out << finished.err);
    CHECK(finished.exit_code != 70);
    return ended;
}

void check_rights(const SoundServer& server, const std::string& line,
                  const std::vector<std::string>& commands) {
    INFO(line);
    const std::vector<std::string> words = words_of(line);
    REQUIRE(words.at(2) == "roacache");
    const std::string user = "roacache:pw";
    REQUIRE(server.redis.cli(words) == "OK");
    std::map<std::string, Ended> whole;
    for (const std::string& command : commands) {
        INFO(command);
        const Ended as_all = run_as(server, ":s3cret", lines().at(command));
        whole[command] = run_as(server, user, lines().at(command));
        CHECK(whole[command].exit_code == 0);
        // What shows more than the user's keys is left out, and doctor says so.
        if (command != "doctor") CHECK(whole[command].untold == as_all.untold);
    }
    for (std::size_t i = 5; i < words.size(); ++i) {
        std::vector<std::string> fewer = words;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
        REQUIRE(server.redis.cli(fewer) == "OK");
        INFO("without " << words[i]);
        CHECK(std::any_of(commands.begin(), commands.end(), [&](const std::string& command) {
            const Ended ended = run_as(server, user, lines().at(command));
            return ended.exit_code != whole[command].exit_code || ended.untold > whole[command].untold;
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
        const json acl =
            server.examine({}, "redis://" + user + "@127.0.0.1:" + std::to_string(server.redis.port()))
                .at("acl");
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
