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
