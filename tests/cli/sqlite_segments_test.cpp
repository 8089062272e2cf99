// What an entry is of, as columns of an SQLite file tell it in values of any type.

#include "tests/cli/made_file.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

using namespace roacache::test;

TEST_CASE("a company is found by its number, whatever type keeps it", "[sqlite]") {
    const std::string encoding = GENERATE("UTF-8", "UTF-16le");
    const std::string type = GENERATE("", "INTEGER", "REAL", "TEXT", "NUMERIC");
    const bool indexed = GENERATE(true, false);
    INFO(encoding << " " << type << " " << indexed);
    const MadeFile file(
        fmt::format("PRAGMA encoding='{}'; CREATE TABLE c (cache_key TEXT PRIMARY KEY, company_id {}, "
                    "cache_type TEXT, value TEXT, expires_at REAL);{}",
                    encoding, type, indexed ? "CREATE INDEX i ON c (company_id);" : "") +
        "INSERT INTO c SELECT 'k' || column2, column1, 'invoices_list', 'x', 9e9 FROM (VALUES "
        "(5, 1), (5.0, 2), ('5', 3), (50, 4), (5.5, 5), (-5, 6), (0, 7), (4.9999999999999991, 8), ('5a', 9));"
        "INSERT INTO c SELECT 'bytes', x'35', 'invoices_list', 'x', 9e9");
    // A column of texts keeps 5.0 as such.
    const bool texts = type == "TEXT";
    CHECK(file.count({"-w", "company=5"}) == (texts ? 3 : 4));
    if (texts) CHECK(file.count({"-w", "company=5.0"}) == 2);
    CHECK(file.count({"-w", "company=5.5"}) == 1);
    CHECK(file.count({"-w", "company=0"}) == 1);
    CHECK(file.count({"-w", "company=5a"}) == 1);
    CHECK(file.count({"-w", "company=6"}) == 0);
    CHECK(file.removed({"-e", "company-changed=5"}).at("removed") == (texts ? 3 : 4));
    CHECK(file.count() == (texts ? 7 : 6));
}

TEST_CASE("a column of reals shows whole numbers as such", "[sqlite]") {
    const MadeFile file("CREATE TABLE c (cache_key TEXT, company_id REAL, cache_type TEXT, value TEXT, "
                        "expires_at REAL); INSERT INTO c VALUES ('k', 123, 'invoices_list', 'x', 9e9)");
    CHECK_THAT(file.command({"keys", "-o", "ndjson"}).out, Contains("\"where\":{\"company\":\"123\"}"));
}
