// Entries of an SQLite file whose value is not in their row: NULL, or in a file of its own.

#include "tests/cli/made_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// As diskcache makes it.
MadeFile file_of_diskcache(const std::string& size_column) {
    return MadeFile("CREATE TABLE Settings (key TEXT NOT NULL UNIQUE, value);"
                    "CREATE TABLE Cache (rowid INTEGER PRIMARY KEY, key BLOB, raw INTEGER, store_time REAL, "
                    "expire_time REAL, tag BLOB, " +
                    size_column +
                    " INTEGER, mode INTEGER, filename TEXT, value BLOB);"
                    "INSERT INTO Cache VALUES (1, 'large', 1, 0, 9e9, NULL, 5000, 2, 'aa/bb/x.val', NULL), "
                    "(2, 'none', 1, 0, 9e9, NULL, 7, 1, NULL, NULL), (3, 'here', 1, 0, 9e9, NULL, 7, 1, "
                    "'odd.val', 'abc'), (4, 'empty', 1, 0, 9e9, NULL, 0, 1, NULL, '')");
}

} // namespace

TEST_CASE("a value that lies in a file of its own, or is NULL, is not shown as an empty one",
          "[sqlite][inspect]") {
    const std::string size_column = GENERATE("size", "weight");
    const bool told = size_column == "size";
    INFO(size_column);
    const MadeFile file = file_of_diskcache(size_column);
    const auto entry_of = [&](const char* key) {
        const Finished finished = file.command({"inspect", key, "-o", "json"});
        CHECK(finished.exit_code == 0);
        return json::parse(finished.out).at("entries").at(0);
    };
    const json large = entry_of("large");
    CHECK(large.at("value").is_null());
    CHECK(large.at("value_file") == "aa/bb/x.val");
    CHECK(large.at("value_bytes") == (told ? json(5000) : json(nullptr)));
    CHECK(large.at("bytes") == (told ? json(5005) : json(nullptr)));
    const json none = entry_of("none");
    CHECK(none.at("value").is_null());
    CHECK_FALSE(none.contains("value_file"));
    CHECK(none.at("value_bytes").is_null());
    CHECK(none.at("bytes") == 4);
    const json here = entry_of("here");
    CHECK(here.at("value").at("text") == "abc");
    CHECK(here.at("value_bytes") == 3);
    CHECK_FALSE(here.contains("value_file"));
    CHECK(entry_of("empty").at("value").at("text") == "");
    CHECK(entry_of("empty").at("value_bytes") == 0);
}

TEST_CASE("what says where a value lies is in every format of inspect", "[sqlite][inspect]") {
    const MadeFile file = file_of_diskcache("size");
    CHECK_THAT(file.command({"inspect", "large", "-o", "table"}).out,
               Contains("in a file of its own: aa/bb/x.val"));
    CHECK_THAT(file.command({"inspect", "none", "-o", "table"}).out, Contains("it is NULL"));
    CHECK_THAT(file.command({"inspect", "large"}).out, Contains("value_file\taa/bb/x.val\n"));
    CHECK_THAT(file.command({"inspect", "large", "-o", "csv"}).out,
               Contains(",value_file\n") && Contains(",aa/bb/x.val\n"));
    CHECK_THAT(file.command({"inspect", "none", "--max-bytes", "0", "-o", "table"}).out,
               Contains("it is NULL"));
}

TEST_CASE("a value that is not in the row is not written raw", "[sqlite][inspect]") {
    const MadeFile file = file_of_diskcache("size");
    for (const auto& [key, why] :
         {std::pair{"large", "it stands in a file of its own: aa/bb/x.val"}, {"none", "it is NULL"}}) {
        const Finished finished = file.command({"inspect", key, "--raw"});
        CHECK(finished.exit_code == 4);
        CHECK(finished.out.empty());
        CHECK_THAT(finished.err, Contains(std::string("cannot print raw: ") + key + ": " + why));
    }
    CHECK(file.command({"inspect", "here", "--raw"}).out == "abc");
    CHECK(file.command({"inspect", "empty", "--raw"}).exit_code == 0);
}

TEST_CASE("keys and stats count what a value in a file of its own takes", "[sqlite]") {
    const MadeFile file = file_of_diskcache("size");
    const json keys = json::parse(file.command({"keys", "--match", "large", "-l", "-o", "json"}).out);
    CHECK(keys.at("keys").at(0).at("bytes") == 5005);
    const json stats = json::parse(file.command({"stats", "--match", "*", "-o", "json"}).out);
    CHECK(stats.at("keys") == 4);
    CHECK(stats.at("bytes") == 5005 + 4 + 7 + 5);
}

TEST_CASE("a size that the table does not tell is said to be missing there", "[sqlite]") {
    const MadeFile file = file_of_diskcache("weight");
    const std::string why =
        "the table does not tell the size of every value that stands in a file of its own";
    const Finished keys = file.command({"keys", "--match", "large", "-l", "-o", "json"});
    CHECK(json::parse(keys.out).at("keys").at(0).at("bytes").is_null());
    CHECK_THAT(keys.err, Contains(why) && !Contains("MEMORY USAGE"));
    const Finished stats =
        file.command({"stats", "--match", "large", "-o", "json", "--assert", "bytes <= 1MB"});
    CHECK(stats.exit_code == 6);
    CHECK_THAT(stats.err, Contains(why) && !Contains("MEMORY USAGE"));
}
