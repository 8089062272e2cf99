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

TEST_CASE("inspect shows the value of the very row, however it was found", "[sqlite][inspect]") {
    const MadeFile file = file_of_users(key_columns());
    const auto inspected = [&](std::vector<std::string> selectors) {
        selectors.insert(selectors.begin(), "inspect");
        selectors.insert(selectors.end(), {"-o", "json"});
        return json::parse(file.command(selectors).out).at("entries");
    };
    const auto shows = [](const json& entry, const char* user) {
        return entry.at("where").at("user") == user && entry.at("value").at("json").at("salary_of") == user;
    };
    for (const std::vector<std::string>& way : {std::vector<std::string>{"-w", "user=bob"},
                                                {"dash:1", "-w", "user=bob"},
                                                {"-k", "dash:1", "-w", "user=b*", "-g"},
                                                {"-r", "invoices_list", "-w", "company=1"}}) {
        const json entries = inspected(way);
        REQUIRE(entries.size() == 1);
        CHECK(shows(entries[0], "bob"));
        CHECK(entries[0].at("resource") == "invoices_list");
        CHECK(entries[0].at("policy_ttl_ms") == 3'600'000);
        CHECK(entries[0].at("exceeds_policy") == true);
    }
    const json both = inspected({"dash:1"});
    REQUIRE(both.size() == 2);
    CHECK(shows(both[0], "ana"));
    CHECK(shows(both[1], "bob"));
    CHECK(file.command({"inspect", "dash:1", "-w", "user=zed"}).exit_code == 1);
    CHECK(file.command({"inspect", "dash:1", "-r", "invoices_list"}).exit_code == 2);
}

TEST_CASE("inspect writes one value raw, and no other in its place", "[sqlite][inspect]") {
    const MadeFile file = file_of_users(key_columns());
    const Finished refused = file.command({"inspect", "dash:1", "--raw"});
    CHECK(refused.exit_code == 4);
    CHECK(refused.out.empty());
    CHECK_THAT(refused.err,
               Contains("cannot print raw: dash:1: 2 entries share this key") && Contains("-w user=ana"));
    CHECK(file.command({"inspect", "dash:1", "-w", "user=bob", "--raw"}).out == "{\"salary_of\":\"bob\"}");
    CHECK(file.command({"inspect", "dash:2", "--raw"}).out == "{\"salary_of\":\"all\"}");
    const Finished none = file.command({"inspect", "dash:1", "-w", "user=eve", "--raw"}); // it has expired
    CHECK(none.exit_code == 1);
    CHECK(none.out.empty());
}

TEST_CASE("rows that nothing but their place tells apart are each shown", "[sqlite][inspect]") {
    const MadeFile file("CREATE TABLE c (key TEXT, lang TEXT, value TEXT, expires REAL, UNIQUE (key, lang));"
                        "INSERT INTO c VALUES ('k', 'en', 'tea', 9e9), ('k', 'ro', 'ceai', 9e9)");
    for (const char* selector : {"--key=k", "--match=k"}) {
        const json entries = json::parse(file.command({"inspect", selector, "-o", "json"}).out).at("entries");
        REQUIRE(entries.size() == 2);
        CHECK(entries[0].at("value").at("text") == "tea");
        CHECK(entries[1].at("value").at("text") == "ceai");
    }
    CHECK_THAT(file.command({"inspect", "--raw", "k"}).err, Contains("Without --raw each of them is shown"));
}

TEST_CASE("inspect tells of a key whose row is there that it has expired", "[sqlite][inspect]") {
    const MadeFile file(
        "CREATE TABLE c (key TEXT, value TEXT, expires REAL);"
        "INSERT INTO c SELECT 'k', 'x', strftime('%s', 'now') - 50; INSERT INTO c VALUES ('l', 'x', 9e9)");
    for (const std::vector<std::string>& how :
         {std::vector<std::string>{}, {"--raw"}, {"-o", "json"}, {"-o", "table"}}) {
        std::vector<std::string> command{"inspect", "k"};
        command.insert(command.end(), how.begin(), how.end());
        const Finished finished = file.command(command);
        CHECK(finished.exit_code == 1);
        CHECK_THAT(finished.out + finished.err,
                   Contains("no such key") && Contains("it expired ") && Contains("its row is still there"));
    }
    const json entry = json::parse(file.command({"inspect", "k", "-o", "json"}).out).at("entries").at(0);
    CHECK(entry.at("exists") == false);
    CHECK(entry.at("expired_for_ms") >= 50'000);
    CHECK(file.command({"inspect", "nobody"}).err.find("expired") == std::string::npos);
    CHECK(file.command({"inspect", "l"}).exit_code == 0);
}
