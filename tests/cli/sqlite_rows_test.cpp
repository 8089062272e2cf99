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
