// When entries of an SQLite file end, and that --soft makes none of them live longer.

#include "tests/cli/made_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

TEST_CASE("no entry lives forever for having been shortened", "[sqlite]") {
    const std::string type = GENERATE("INTEGER", "REAL", "TEXT", "");
    const std::string ttl = GENERATE("3600", "3600.5", "'3600'", "0", "-1", "NULL");
    const std::string soft = GENERATE("1ms", "500ms", "2s");
    INFO(type << " " << ttl << " " << soft);
    const MadeFile file(fmt::format("CREATE TABLE c (key TEXT, value TEXT, created_at REAL, ttl {0});"
                                    "INSERT INTO c SELECT 'new', 'x', now, {1} FROM (SELECT "
                                    "(julianday('now') - 2440587.5) * 86400 AS now);"
                                    "INSERT INTO c SELECT 'old', 'x', strftime('%s', 'now') - 5, {1};"
                                    "INSERT INTO c SELECT 'ahead', 'x', strftime('%s', 'now') + 2, {1};",
                                    type, ttl));
    CHECK(file.removed({"--match", "*", "-y", "--soft", soft}).at("shortened") == 3);
    CHECK(file.ask("SELECT count(*) FROM c WHERE CAST(ttl AS REAL) > 0 AND "
                   "CAST(created_at AS REAL) + CAST(ttl AS REAL) <= strftime('%s', 'now') + 5") == 3);
}

TEST_CASE("an entry of the future that only its lifetime could end is left as it is, and told", "[sqlite]") {
    const MadeFile file("CREATE TABLE c (key TEXT, value TEXT, created_at REAL, ttl INTEGER);"
                        "INSERT INTO c SELECT 'future', 'x', strftime('%s', 'now') + 7200, 3600;"
                        "INSERT INTO c SELECT 'now', 'x', strftime('%s', 'now'), 3600;"
                        "INSERT INTO c SELECT 'undated', 'x', NULL, 3600;");
    const Finished finished =
        file.command({"invalidate", "--match", "*", "-y", "--soft", "1s", "-o", "json"});
    CHECK(finished.exit_code == 5);
    CHECK_THAT(finished.err, Contains("not shortened: " + file.path));
    CHECK(json::parse(finished.out).at("shortened") == 1);
    CHECK(json::parse(finished.out).at("refused") == 2);
    CHECK(file.ask("SELECT count(*) FROM c WHERE ttl = 3600") == 2);
}

TEST_CASE("what never expires is given an end in the form of the others, or left as it is", "[sqlite]") {
    const std::string never = GENERATE("0", "-1", "NULL", "'0'");
    const MadeFile file("CREATE TABLE c (key TEXT, value TEXT, expires);"
                        "INSERT INTO c VALUES ('never', 'x', " +
                        never + "), ('some day', 'x', 9000000000000);");
    CHECK(file.removed({"--match", "*", "-y", "--soft", "10m"}).at("shortened") == 2);
    CHECK(file.ask("SELECT count(*) FROM c WHERE CAST(expires AS INTEGER) BETWEEN 1e12 AND 8e12") == 2);
    const MadeFile alone("CREATE TABLE c (key TEXT, value TEXT, expires);"
                         "INSERT INTO c VALUES ('never', 'x', " +
                         never + ");");
    const Finished finished = alone.command({"invalidate", "--match", "*", "-y", "--soft", "10m"});
    CHECK(finished.exit_code == 4);
    CHECK_THAT(finished.err, Contains("no entry shows how the table writes times"));
}

TEST_CASE("an entry whose end cannot be read is left as it is, and told", "[sqlite]") {
    const std::string end = GENERATE("''", "'never'", "'None'", "x'323033302d30312d3031'", "9e999",
                                     "'infinity'", "1.8e18", "'31.12.2030 10:00:00'");
    const std::string selector = GENERATE("--match=*", "--key=a:1", "-w=company=5");
    INFO(end << " " << selector);
    const MadeFile file(
        "CREATE TABLE c (key TEXT, cache_type TEXT, company_id INTEGER, username TEXT, value TEXT, expires);"
        "INSERT INTO c VALUES ('a:1', 'a', 5, 'ana', 'x', " +
        end + ")");
    Finished finished = file.command({"invalidate", selector, "-y", "--soft", "1s", "-o", "json"});
    CHECK(finished.exit_code == 4); // nothing was shortened
    CHECK_THAT(finished.err, Contains("not shortened: " + file.path + ": when it expires cannot be read"));
    file.change("INSERT INTO c VALUES ('a:1', 'a', 5, 'bob', 'x', 9e9)");
    finished = file.command({"invalidate", selector, "-y", "--soft", "1s", "-o", "json"});
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == 5);
    CHECK_THAT(finished.err, Contains("when it expires cannot be read"));
    CHECK(json::parse(finished.out).at("shortened") == 1);
    CHECK(json::parse(finished.out).at("refused") == 1);
    CHECK(json::parse(finished.out).at("unchanged") == 0);
    CHECK(file.ask("SELECT count(*) FROM c WHERE expires IS " + end) == 1);
}

namespace {

/// SQL for a time as a text without a zone, so far from now.
std::string text_at(const std::string& hours) {
    return "strftime('%Y-%m-%dT%H:%M:%f', 'now', '" + hours + " hours')";
}

/// Entries by what the clocks of a service show that are so many hours ahead of UTC: one that was just made
/// and lives for an hour, and one that expired an hour ago.
std::string entries_at(int ahead) {
    return "CREATE TABLE c (key TEXT, value TEXT, created_at TEXT, expires_at TEXT);"
           "INSERT INTO c SELECT 'gone:1', 'x', " +
           text_at(std::to_string(ahead - 3)) + ", " + text_at(std::to_string(ahead - 1)) +
           ";INSERT INTO c SELECT 'new:1', 'x', " + text_at(std::to_string(ahead)) + ", " +
           text_at(std::to_string(ahead + 1)) + ";";
}

Finished listed(const MadeFile& file) {
    return file.command({"keys", "--match", "*"});
}

Finished shortened(const MadeFile& file) {
    return file.command({"invalidate", "--match", "*", "-y", "--soft", "10m"});
}

/// Of entries that end within ten minutes by the service's clocks.
std::int64_t ending_soon(const MadeFile& file, int ahead) {
    const auto at = [](int minutes) {
        return fmt::format("strftime('%Y-%m-%dT%H:%M:%f', 'now', '{} minutes')", minutes);
    };
    return file.ask("SELECT count(*) FROM c WHERE expires_at BETWEEN " + at(60 * ahead - 1) + " AND " +
                    at(60 * ahead + 11));
}

} // namespace

TEST_CASE("local times without a zone are seen to be local where they would lie ahead", "[sqlite]") {
    MadeFile file(entries_at(2));
    file.options.env["TZ"] = "HERE-2";
    const Finished keys = listed(file);
    CHECK(keys.out == "new:1\n");
    CHECK_THAT(keys.err, Contains("they are taken for this machine's (UTC+02:00)"));
    CHECK(shortened(file).exit_code == 0);
    CHECK(ending_soon(file, 2) == 1);
}

TEST_CASE("a service's log is read in the zone of its entries", "[sqlite]") {
    MadeFile file(entries_at(2) +
                  "CREATE TABLE performance_log (id INTEGER PRIMARY KEY, cache_type TEXT, cache_hit INTEGER, "
                  "response_time_ms REAL, timestamp TEXT);"
                  "INSERT INTO performance_log SELECT 1, 'new', 1, 2.5, " +
                  text_at("1.5") + ";INSERT INTO performance_log SELECT 2, 'new', 1, 2.5, " + text_at("-23") +
                  ";");
    file.options.env["TZ"] = "HERE-2";
    const json stats = json::parse(file.command({"stats", "-o", "json"}).out);
    CHECK(stats.at("queries_saved").at("day") == 1); // half an hour ago, and 25 hours ago
}

TEST_CASE("times without a zone that may be either are noted, and not shortened", "[sqlite]") {
    const int zone = GENERATE(2, -5);
    const bool local = zone < 0; // of UTC times such a machine shows that they are none of its own
    MadeFile file(entries_at(local ? zone : 0));
    INFO(zone);
    file.options.env["TZ"] = fmt::format("HERE{}", -zone);
    const Finished keys = listed(file);
    CHECK(keys.exit_code == 0);
    CHECK_THAT(keys.err, Contains("have no zone: they are taken for UTC, and this machine is at UTC"));
    CHECK_THAT(file.command({"invalidate", "--match", "*", "-n"}).err, Contains("have no zone"));
    CHECK_THAT(file.command({"stats"}).err, Contains("have no zone"));
    const Finished refused = shortened(file);
    CHECK(refused.exit_code == 4);
    CHECK_THAT(refused.err, Contains("cannot shorten: " + file.path) && Contains("[sqlite] times"));
    file.take_profile_with(local ? "times = \"local\"" : "times = \"utc\"");
    const Finished settled = listed(file);
    CHECK(settled.out == "new:1\n");
    CHECK(settled.err.find("no zone") == std::string::npos);
    CHECK(shortened(file).exit_code == 0);
    CHECK(ending_soon(file, local ? zone : 0) == 1);
    CHECK(file.command({"invalidate", "--match", "*", "-y"}).exit_code == 0);
    CHECK(file.ask("SELECT count(*) FROM c") == 0);
}

TEST_CASE("UTC times without a zone are seen to be UTC where local ones would lie ahead", "[sqlite]") {
    MadeFile file(entries_at(0));
    file.options.env["TZ"] = "HERE5";
    const Finished keys = listed(file);
    CHECK(keys.out == "new:1\n");
    CHECK(keys.err.find("no zone") == std::string::npos);
    CHECK(shortened(file).exit_code == 0);
    CHECK(ending_soon(file, 0) == 1);
}

TEST_CASE("times that name their zone, and numbers, are the same wherever the machine is", "[sqlite]") {
    const std::string zone = GENERATE("HERE-2", "HERE5");
    MadeFile file("CREATE TABLE c (key TEXT, value TEXT, expires_at);"
                  "INSERT INTO c SELECT 'a', 'x', strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '1 hours');"
                  "INSERT INTO c SELECT 'b', 'x', strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', '1 hours');"
                  "INSERT INTO c SELECT 'c', 'x', strftime('%s', 'now') + 3600;"
                  "INSERT INTO c SELECT 'd', 'x', strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 hours');");
    file.options.env["TZ"] = zone;
    const Finished keys = listed(file);
    CHECK(keys.out == "a\nb\nc\n");
    CHECK(keys.err.find("no zone") == std::string::npos);
    CHECK(shortened(file).exit_code == 0);
}

TEST_CASE("a lifetime counts from a local time as from any", "[sqlite]") {
    MadeFile file("CREATE TABLE c (key TEXT, value TEXT, created_at TEXT, ttl INTEGER);"
                  "INSERT INTO c SELECT 'old:1', 'x', " +
                  text_at("0") + ", 3600; INSERT INTO c SELECT 'new:1', 'x', " + text_at("2") + ", 3600;");
    file.options.env["TZ"] = "HERE-2";
    CHECK(listed(file).out == "new:1\n");
    CHECK(shortened(file).exit_code == 0);
    CHECK(file.ask("SELECT ttl FROM c WHERE key = 'new:1'") <= 601);
    CHECK(file.ask("SELECT ttl FROM c WHERE key = 'old:1'") == 3600);
}
