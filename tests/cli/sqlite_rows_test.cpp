// Which rows of an SQLite file are entries, and that each is one although others have its key.

#include "tests/cli/made_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

TEST_CASE("a row without a key is no entry", "[sqlite]") {
    const std::string index = GENERATE("", "PRIMARY KEY");
    INFO(index);
    MadeFile file("CREATE TABLE c (key TEXT " + index +
                  ", cache_type TEXT, value TEXT, expires REAL);"
                  "INSERT INTO c VALUES (NULL, 'a', 'x', 9e9), (NULL, 'a', 'y', 1), ('k', 'a', 'z', 9e9)");
    CHECK(file.command({"keys", "--match", "*"}).out == "k\n");
    CHECK(file.command({"keys", "-r", "a"}).out == "k\n");
    file.options.input = "{\"key\": \"\"}\n"; // what no argument can name
    CHECK(file.command({"keys", "--keys-from", "-", "-o", "ndjson"}).out.empty());
    CHECK(file.command({"inspect", "--keys-from", "-"}).exit_code == 1);
    CHECK(file.removed({"--keys-from", "-"}).at("absent") == 1);
    CHECK(file.command({"inspect", "--match", "*"}).exit_code == 0);
    const json stats = json::parse(file.command({"stats", "-o", "json"}).out);
    CHECK(stats.at("keys") == 1);
    CHECK(file.removed({"-r", "a", "--soft", "1h"}).at("shortened") == 1);
    CHECK(file.removed({"--match", "*", "-y"}).at("matched") == 1);
    CHECK(file.removed({"--all-tenants", "-y"}).at("matched") == 0);
    CHECK(file.ask("SELECT count(*) FROM c WHERE key IS NULL") == 2);
    CHECK(file.ask("SELECT count(*) FROM c") == 2);
}

namespace {

/// Two users' entries under one key, and one of another key.
MadeFile file_of_users(const std::string& key_column = "cache_key TEXT") {
    return MadeFile("CREATE TABLE c (id INTEGER PRIMARY KEY, " + key_column +
                    ", cache_type TEXT, company_id INTEGER, username TEXT, value TEXT, expires_at REAL, "
                    "UNIQUE (cache_key, username));"
                    "INSERT INTO c (cache_key, cache_type, company_id, username, value, expires_at) VALUES "
                    "('dash:1', 'dashboard_summary', 1, 'ana', '{\"salary_of\":\"ana\"}', 9e9), "
                    "('dash:1', 'invoices_list', 1, 'bob', '{\"salary_of\":\"bob\"}', 9e9), "
                    "('dash:1', 'invoices_list', 1, 'eve', '{\"salary_of\":\"eve\"}', 1), "
                    "('dash:2', 'invoices_list', 2, 'ana', '{\"salary_of\":\"all\"}', 9e9)");
}

/// Whether an index finds a key or all rows are read.
std::string key_columns() {
    return GENERATE("cache_key TEXT", "cache_key");
}

json group_of(const json& answer, const std::string& resource) {
    for (const json& group : answer.at("groups"))
        if (group.at("resource") == resource) return group;
    return {};
}

} // namespace

TEST_CASE("a named key counts for each of its rows, by what the row's columns tell", "[sqlite]") {
    const MadeFile file = file_of_users(key_columns());
    const std::vector<std::string> limit =
        GENERATE(std::vector<std::string>{}, std::vector<std::string>{"--max-keys", "9"},
                 std::vector<std::string>{"--dry-run"}, std::vector<std::string>{"--soft", "10s"});
    const bool dry = limit == std::vector<std::string>{"--dry-run"};
    const bool soft = !limit.empty() && limit.front() == "--soft";
    const char* const changed = soft ? "shortened" : "removed";
    std::vector<std::string> arguments{"-k", "dash:1", "-k", "dash:2", "-k", "nobody"};
    arguments.insert(arguments.end(), limit.begin(), limit.end());
    const json answer = file.removed(arguments);
    CHECK(answer.at("matched") == 3);
    CHECK(answer.at(changed) == (dry ? 0 : 3));
    CHECK(answer.at("absent") == 1);
    CHECK(answer.at("expired") == (soft ? 0 : 1));
    CHECK(group_of(answer, "dashboard_summary").at("matched") == 1);
    CHECK(group_of(answer, "invoices_list").at("matched") == 2);
    CHECK(group_of(answer, "invoices_list").at(changed) == (dry ? 0 : 2));
    CHECK(file.ask("SELECT count(*) FROM c") == (dry || soft ? 4 : 0));
    if (soft) CHECK(file.ask("SELECT count(*) FROM c WHERE expires_at > 8e9") == 0);
}

TEST_CASE("no more rows of a named key go than a limit allows", "[sqlite]") {
    const MadeFile file = file_of_users(key_columns());
    file.removed({"-k", "dash:1", "--max-keys", "1"}, 4);
    CHECK(file.ask("SELECT count(*) FROM c") == 4);
}

TEST_CASE("a named key is listed and counted by what its rows tell", "[sqlite]") {
    const MadeFile file = file_of_users(key_columns());
    const Finished listed = file.command({"keys", "-k", "dash:1", "-k", "dash:2", "-l", "-o", "json"});
    const json keys = json::parse(listed.out).at("keys");
    REQUIRE(keys.size() == 3);
    CHECK(keys[0].at("resource") == "dashboard_summary");
    CHECK(keys[0].at("where").at("user") == "ana");
    CHECK(keys[1].at("where").at("user") == "bob");
    CHECK(keys[1].at("exceeds_policy") == true);
    CHECK(keys[2].at("where").at("company") == "2");
    const json stats = json::parse(
        file.command({"stats", "-k", "dash:1", "-k", "dash:2", "--by", "resource", "-o", "json"}).out);
    CHECK(stats.at("keys") == 3);
    CHECK(stats.at("expired").at("keys") == 1);
    CHECK(group_of(stats, "invoices_list").at("keys") == 2);
    const json plan = json::parse(file.command({"plan", "-k", "dash:1", "-k", "nobody"}).out);
    CHECK(plan.at("absent") == 1);
    CHECK(plan.at("keys") == 2);
}

TEST_CASE("entries that have expired go, and are told, whether they are named, selected or only counted",
          "[sqlite]") {
    const std::string columns = GENERATE("key TEXT, cache_type TEXT, value TEXT, expires REAL",
                                         "key TEXT PRIMARY KEY, cache_type TEXT, value TEXT, expires REAL");
    const std::vector<std::string> selector = GENERATE(
        std::vector<std::string>{"-k", "k:1"}, std::vector<std::string>{"-k", "k:1", "--max-keys", "5"},
        std::vector<std::string>{"-r", "a"}, std::vector<std::string>{"-r", "a", "--max-keys", "5"},
        std::vector<std::string>{"--match", "k*"});
    const MadeFile file("CREATE TABLE c (" + columns +
                        "); INSERT INTO c VALUES ('k:1', 'a', 'x', 1), ('other', 'b', 'x', 9e9)");
    std::vector<std::string> asked = selector;
    asked.emplace_back("--dry-run");
    const json would = file.removed(asked);
    CHECK(would.at("expired") == 1);
    CHECK(would.at("matched") == 0);
    CHECK(would.at("absent") == 0);
    CHECK(file.ask("SELECT count(*) FROM c") == 2);
    asked.back() = "--fail-if-none";
    const json done = file.removed(asked);
    CHECK(done.at("expired") == 1);
    CHECK(done.at("matched") == 0);
    CHECK(done.at("absent") == 0);
    CHECK(done.at("outcome") == "done");
    CHECK(file.ask("SELECT count(*) FROM c") == 1);
    CHECK(file.removed(asked, 1).at("expired") == 0); // it is gone
}

TEST_CASE("an entry that has expired is not shortened", "[sqlite]") {
    const MadeFile file("CREATE TABLE c (key TEXT, value TEXT, expires REAL);"
                        "INSERT INTO c VALUES ('k', 'x', 1)");
    const json answer = file.removed({"-k", "k", "--soft", "10s"});
    CHECK(answer.at("absent") == 1);
    CHECK(answer.at("expired") == 0);
    CHECK(file.ask("SELECT expires FROM c") == 1);
}
