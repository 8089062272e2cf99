// Keys of an SQLite file that are named one by one, however the file keeps them.

#include "tests/cli/made_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <chrono>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

} // namespace

TEST_CASE("a key is found by what it is listed as, whatever type, column, index and encoding keep it",
          "[sqlite]") {
    const std::string encoding = GENERATE("UTF-8", "UTF-16le", "UTF-16be");
    const std::string type = GENERATE("", "BLOB", "TEXT", "NUMERIC", "REAL");
    const std::string index = GENERATE("", "UNIQUE", "PRIMARY KEY", "COLLATE NOCASE UNIQUE");
    const bool without_rowid = index == "PRIMARY KEY" && encoding != "UTF-16le";
    INFO(encoding << " " << type << " " << index);
    MadeFile file(
        "PRAGMA encoding='" + encoding + "'; CREATE TABLE c (key " + type + " " + index +
        ", value TEXT, expires REAL)" + (without_rowid ? " WITHOUT ROWID" : "") +
        ";INSERT INTO c SELECT column1, 'x', 9e9 FROM (VALUES (5), (-7), (1.5), (0.1 + 0.2), (1e20), "
        "(-2.5e-7), (9007199254740993), (9223372036854775807), ('tex\xC8\x9B'), ('007'), "
        "(CAST('bytes' AS BLOB)), (x'0ac3ff'), (CAST('5x' AS BLOB)), ('1e5x'))");
    file.take_profile_with("table = \"c\"\nkey = \"key\""); // of numbers too, which nobody takes for keys
    const Finished listed = file.command({"keys", "--match", "*"});
    REQUIRE(listed.exit_code == 0);
    const auto keys = lines_of(listed.out);
    CHECK(keys.size() == 14);
    file.options.input = listed.out;
    const Finished inspected = file.command({"inspect", "--keys-from", "-", "-o", "ndjson"});
    CHECK(inspected.exit_code == 0);
    CHECK(lines_of(inspected.out).size() == keys.size());
    CHECK(file.removed({"--key=" + keys.front()}).at("removed") == 1);
    CHECK(file.ask("SELECT count(*) FROM c") == 13);
    const json answer = file.removed({"--keys-from", "-"});
    CHECK(answer.at("removed") == 13);
    CHECK(answer.at("absent") == 1); // that was removed before
    CHECK(file.ask("SELECT count(*) FROM c") == 0);
}

TEST_CASE("a number is a key by the very text that is listed", "[sqlite]") {
    MadeFile file("CREATE TABLE c (key, value TEXT, expires REAL);"
                  "INSERT INTO c VALUES (5, 'x', 9e9), (1.5, 'x', 9e9), ('7', 'x', 9e9)");
    for (const char* other : {"5.0", "05", "+5", " 5", "5e0", "1.50", "1.5000000000000001", "7.0", "nan"})
        CHECK(file.removed({"-k", other}).at("removed") == 0);
    CHECK(file.ask("SELECT count(*) FROM c") == 3);
}

TEST_CASE("named keys of a table without an index are found in one reading of it", "[sqlite]") {
    const std::string key = GENERATE("key TEXT", "key", "key BLOB");
    INFO(key);
    MadeFile file("CREATE TABLE c (" + key + ", value TEXT, expires REAL);" +
                  made_rows(100'000, "INSERT INTO c SELECT 'k' || i, 'x', 9e9"));
    std::string names = "nobody 1\n";
    for (int i = 1; i <= 100'000; i += 20)
        names += fmt::format("k{}\nnobody {}\n", i, i + 1);
    file.options.input = names;
    file.options.timeout = std::chrono::seconds(30); // a reading for each takes minutes
    const Finished inspected = file.command({"keys", "--keys-from", "-"});
    CHECK(inspected.exit_code == 0);
    const auto keys = lines_of(inspected.out);
    REQUIRE(keys.size() == 5000);
    CHECK(keys.front() == "k1"); // in the order of the names
    CHECK(keys.back() == "k99981");
    CHECK(file.removed({"--keys-from", "-", "--dry-run"}).at("absent") == 5001);
    const json answer = file.removed({"--keys-from", "-", "--soft", "9000h"});
    CHECK(answer.at("shortened") == 5000);
    CHECK(answer.at("absent") == 5001);
    const json removed = file.removed({"--keys-from", "-"});
    CHECK(removed.at("removed") == 5000);
    CHECK(removed.at("absent") == 5001);
    CHECK(file.ask("SELECT count(*) FROM c") == 95'000);
    CHECK(file.command({"inspect", "k2"}).exit_code == 0);
    CHECK(file.command({"inspect", "k1"}).exit_code == 1);
}
