// What belongs to the entries of an SQLite file: rows of other tables, and files.

#include "tests/cli/made_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Entries k1 to k9 with two tags each, the foreign key of the tags as given.
std::string tagged(const std::string& rule) {
    return "CREATE TABLE c (id INTEGER PRIMARY KEY, cache_key TEXT UNIQUE, value TEXT, expires_at REAL);"
           "CREATE TABLE tags (entry INTEGER REFERENCES c (id) " +
           rule + ", tag TEXT);" + made_rows(9, "INSERT INTO c SELECT i, 'k' || i, 'x', 9e9") +
           made_rows(9, "INSERT INTO tags SELECT i, 'one'") +
           made_rows(9, "INSERT INTO tags SELECT i, 'two'");
}

} // namespace

TEST_CASE("rows that belong to an entry go with it, and it is said", "[sqlite]") {
    const MadeFile file(tagged("ON DELETE CASCADE") +
                        "CREATE TABLE notes (entry TEXT REFERENCES c (cache_key) ON DELETE SET NULL);"
                        "INSERT INTO notes VALUES ('k1'), ('k2')");
    for (const std::vector<std::string>& command : {std::vector<std::string>{"plan", "--match", "k*"},
                                                    {"invalidate", "--dry-run", "-k", "k1"},
                                                    {"invalidate", "-k", "k1"}})
        CHECK_THAT(file.command(command).err,
                   Contains("note: rows of tags that belong to an entry go with it (ON DELETE CASCADE)"));
    CHECK(file.ask("SELECT count(*) FROM tags") == 16);
    CHECK(file.ask("SELECT count(*) FROM notes WHERE entry IS NULL") == 1);
    CHECK(file.removed({"--match", "*", "-y"}).at("removed") == 8);
    CHECK(file.ask("SELECT count(*) FROM tags") == 0);
    CHECK(file.ask("SELECT count(*) FROM notes") == 2);
}

TEST_CASE("an entry that a foreign key keeps is refused, and the others go", "[sqlite]") {
    const std::string rule = GENERATE("", "ON DELETE RESTRICT", "DEFERRABLE INITIALLY DEFERRED");
    INFO(rule);
    const MadeFile file(tagged(rule) + "DELETE FROM tags WHERE entry NOT IN (3, 4)");
    const Finished finished = file.command({"invalidate", "--match", "*", "-y", "-o", "json"});
    CHECK(finished.exit_code == 5);
    CHECK_THAT(finished.err, Contains("not removed: " + file.path + ": other rows refer to the entry"));
    CHECK(json::parse(finished.out).at("removed") == 7);
    CHECK(json::parse(finished.out).at("refused") == 2);
    CHECK(file.ask("SELECT count(*) FROM c WHERE id IN (3, 4)") == 2);
    CHECK(file.ask("SELECT count(*) FROM c") == 2);
    CHECK(file.ask("SELECT count(*) FROM tags") == 4);
}

TEST_CASE("what a trigger forbids is refused, and the others go", "[sqlite]") {
    const MadeFile file("CREATE TABLE c (key TEXT, value TEXT, expires REAL);"
                        "INSERT INTO c VALUES ('kept', 'x', 9e9), ('free', 'x', 9e9);"
                        "CREATE TRIGGER t BEFORE DELETE ON c WHEN old.key = 'kept' BEGIN SELECT RAISE(ABORT, "
                        "'not this one'); END");
    const Finished finished = file.command({"invalidate", "--match", "*", "-y", "-o", "json"});
    CHECK(finished.exit_code == 5);
    CHECK_THAT(finished.err, Contains("the table keeps the entry: not this one"));
    CHECK(json::parse(finished.out).at("removed") == 1);
}

TEST_CASE("a foreign key that can hold nothing stands in no removal's way", "[sqlite]") {
    const MadeFile file("CREATE TABLE c (key TEXT, value TEXT, expires REAL);"
                        "CREATE TABLE tags (entry TEXT REFERENCES c (key) ON DELETE CASCADE, tag TEXT);"
                        "INSERT INTO c VALUES ('k1', 'x', 9e9); INSERT INTO tags VALUES ('k1', 'one')");
    const Finished finished = file.command({"invalidate", "-k", "k1", "-o", "json"});
    CHECK(json::parse(finished.out).at("removed") == 1);
    CHECK_THAT(finished.err, !Contains("CASCADE")); // the tag stays
    CHECK(file.ask("SELECT count(*) FROM tags") == 1);
}

TEST_CASE("files that hold the values of entries are not left in silence", "[sqlite]") {
    const MadeFile file(
        "CREATE TABLE Settings (key TEXT NOT NULL UNIQUE, value);"
        "CREATE TABLE Cache (rowid INTEGER PRIMARY KEY, key BLOB, raw INTEGER, store_time REAL, "
        "expire_time REAL, tag BLOB, size INTEGER, mode INTEGER, filename TEXT, value BLOB);"
        "INSERT INTO Cache (key, expire_time, filename, value) VALUES ('small', 9e9, NULL, 'x'), "
        "('large', 9e9, '0a/1b.val', NULL), ('larger', 9e9, '0a/1c.val', NULL), "
        "('gone', 9e9, '0a/1d.val', NULL)");
    std::filesystem::create_directory(file.folder.path() / "0a");
    for (const char* name : {"0a/1b.val", "0a/1c.val"})
        std::ofstream(file.folder.path() / name) << std::string(100'000, 'x');
    CHECK(file.command({"invalidate", "-k", "small", "-k", "gone"}).err.find("in a file") ==
          std::string::npos);
    const Finished finished = file.command({"invalidate", "--match", "*", "-y"});
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    CHECK_THAT(finished.err,
               Contains("note: 2 values stood, each in a file of its own, which is left for the "
                        "service to clean up: " +
                        (file.folder.path() / "0a/1b.val").string()));
    CHECK(std::filesystem::exists(file.folder.path() / "0a/1b.val"));
    CHECK(file.ask("SELECT count(*) FROM Cache") == 0);
}
