// How old the entries of an SQLite file are, and when they were last used, by what its table tells.

#include "tests/cli/made_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <map>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr std::int64_t k_minute_ms = 60'000;

json inspected(const MadeFile& file, const std::string& key) {
    const Finished finished = file.command({"inspect", key, "-o", "json"});
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    return json::parse(finished.out).at("entries").at(0);
}

/// Within the seconds that a test takes.
bool is_about(const json& found_ms, std::int64_t expected_ms) {
    return found_ms.is_number() && std::abs(found_ms.get<std::int64_t>() - expected_ms) < k_minute_ms / 2;
}

} // namespace

TEST_CASE("an entry is as old as the table says, whatever its policy grants", "[sqlite]") {
    const std::string type = GENERATE("INTEGER", "REAL", "TEXT");
    const std::string now =
        type == "TEXT" ? "datetime('now', {})" : "CAST(strftime('%s', 'now', {}) AS " + type + ")";
    const auto at = [&](const std::string& offset) {
        std::string text = now;
        return text.replace(text.find("{}"), 2, "'" + offset + "'");
    };
    INFO(now);
    const MadeFile file("CREATE TABLE c (cache_key TEXT, value TEXT, cache_type TEXT, created_at " + type +
                        ", last_accessed " + type + ", expires_at " + type +
                        ");"
                        "INSERT INTO c VALUES ('young', 'x', 'invoices_list', " +
                        at("-10 minutes") + ", " + at("-2 minutes") + ", " + at("+60 minutes") +
                        "), ('old', 'x', 'invoices_list', " + at("-50 days") + ", NULL, " + at("+1 minutes") +
                        "), ('ahead', 'x', 'invoices_list', " + at("+1 days") + ", " + at("+1 days") + ", " +
                        at("+2 days") + "), ('untold', 'x', 'invoices_list', NULL, 'yesterday', " +
                        at("+1 minutes") + ");");
    const json young = inspected(file, "young"), old = inspected(file, "old");
    CHECK(is_about(young.at("age_ms"), 10 * k_minute_ms));
    CHECK(is_about(young.at("idle_ms"), 2 * k_minute_ms));
    CHECK(is_about(old.at("age_ms"), 50 * 24 * 60 * k_minute_ms));
    CHECK(old.at("idle_ms").is_null());
    CHECK(old.at("exceeds_policy") == true); // little is left of what was far more than a policy grants
    CHECK(inspected(file, "ahead").at("idle_ms").is_null());
    CHECK_FALSE(is_about(inspected(file, "ahead").at("age_ms"), 0));
    CHECK(inspected(file, "untold").at("idle_ms").is_null());

    std::map<std::string, json> listed;
    const json all = json::parse(file.command({"keys", "-l", "-o", "json"}).out);
    for (const json& entry : all.at("keys"))
        listed[entry.at("key")] = entry;
    CHECK(is_about(listed.at("young").at("age_ms"), 10 * k_minute_ms));
    CHECK(listed.at("old").at("exceeds_policy") == true);
    const std::string capabilities = file.command({"ping", "-o", "json"}).out;
    CHECK(capabilities.find("when an entry was last used") == std::string::npos);
}

TEST_CASE("a profile names the column of the last use", "[sqlite]") {
    const std::string table =
        "CREATE TABLE c (cache_key TEXT, value TEXT, expires_at INTEGER, touched INTEGER);"
        "INSERT INTO c SELECT 'r:a', 'x', now + 900, now - 300 FROM (SELECT "
        "CAST(strftime('%s', 'now') AS INTEGER) AS now);";
    MadeFile file(table);
    CHECK(inspected(file, "r:a").at("idle_ms").is_null());
    file.take_profile_with("accessed = \"touched\"");
    CHECK(is_about(inspected(file, "r:a").at("idle_ms"), 5 * k_minute_ms));
}

TEST_CASE("an entry that was written anew in place is as old as that", "[sqlite]") {
    const MadeFile file(
        "CREATE TABLE c (cache_key TEXT, value TEXT, created_at INTEGER, updated_at INTEGER, "
        "expires_at INTEGER); INSERT INTO c SELECT 'a', 'x', now - 90000, now - 60, now + 600 FROM "
        "(SELECT CAST(strftime('%s', 'now') AS INTEGER) AS now);");
    CHECK(is_about(inspected(file, "a").at("age_ms"), k_minute_ms));
}
