// What the schema of a service's SQLite file calls for, and what a service that was killed leaves beside it.

#include "tests/cli/another_user.hpp"
#include "tests/cli/made_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Entries k1 to k9 in a table c, which has further columns and rules as given.
std::string entries(const std::string& more) {
    return "CREATE TABLE c (id INTEGER PRIMARY KEY, cache_key TEXT, value TEXT, expires_at REAL" + more +
           ");" +
           made_rows(9, "INSERT INTO c (id, cache_key, value, expires_at) SELECT i, 'k' || i, "
                        "'{\"a\": ' || i || '}', 9e9");
}

/// A service that was killed while a change of these entries was written.
void leave_journal(const MadeFile& file) {
    Process service({"/usr/bin/python3", "-c",
                     "import signal, sqlite3, sys\n"
                     "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
                     "db.execute('PRAGMA cache_size=1')\n"
                     "db.execute('BEGIN')\n"
                     "db.execute(\"UPDATE c SET value = printf('%9000d', id), cache_key = 'half' || id\")\n"
                     "print('changed', flush=True)\n"
                     "signal.pause()\n",
                     file.path});
    REQUIRE(eventually([&] { return service.log().find("changed") != std::string::npos; }));
    service.signal(SIGKILL);
    REQUIRE(eventually([&] { return !service.running(); }));
    REQUIRE(std::filesystem::file_size(file.path + "-journal") > 512); // a header, and pages as they were
}

} // namespace

TEST_CASE("a schema may call for what SQLite brings", "[sqlite]") {
    struct Case {
        std::string made;
        const char* kept = nullptr; ///< a count that is to be 0 once every entry is removed
    };
    const Case each = GENERATE(values<Case>(
        {{entries("") + "CREATE INDEX i ON c (json_extract(value, '$.a'))"},
         {entries("") + "CREATE INDEX i ON c (cache_key) WHERE json_valid(value)"},
         {entries(", a GENERATED ALWAYS AS (json_extract(value, '$.a')) STORED")},
         {entries(", a GENERATED ALWAYS AS (json_extract(value, '$.a'))") + "CREATE INDEX i ON c (a)"},
         {entries(", CHECK (json_valid(value))")},
         {entries("") +
              "CREATE VIRTUAL TABLE words USING fts5 (cache_key); INSERT INTO words (rowid, cache_key) "
              "SELECT id, cache_key FROM c; CREATE TRIGGER gone AFTER DELETE ON c BEGIN DELETE FROM words "
              "WHERE rowid = old.id; END",
          "SELECT count(*) FROM words"}}));
    INFO(each.made);
    const MadeFile file(each.made);
    CHECK(file.count({"--match", "*"}) == 9);
    CHECK(file.command({"ping"}).err.empty());
    CHECK(file.command({"stats"}).exit_code == 0);
    CHECK(file.removed({"--match", "*", "-y", "--verify"}).at("removed") == 9);
    CHECK(file.ask("SELECT count(*) FROM c") == 0);
    if (each.kept != nullptr) CHECK(file.ask(each.kept) == 0);
}

TEST_CASE("what only the service's own SQLite has is left to the service", "[sqlite]") {
    const MadeFile file(entries("") +
                        "CREATE TRIGGER gone AFTER DELETE ON c BEGIN SELECT delete_file(old.cache_key); END");
    CHECK(file.count({"--match", "*"}) == 9);
    const Finished finished = file.command({"invalidate", "--match", "*", "-y"});
    CHECK(finished.exit_code == 4);
    CHECK_THAT(finished.err, Contains("not understood: ") && Contains("no such function: delete_file") &&
                                 Contains("let the service do it"));
    CHECK(file.ask("SELECT count(*) FROM c") == 9);
}

TEST_CASE("a change that a killed service left half made is taken back first", "[sqlite]") {
    const std::vector<std::string> command = GENERATE(values<std::vector<std::string>>(
        {{"keys", "--count"}, {"ping"}, {"stats"}, {"inspect", "k3"}, {"invalidate", "-k", "k9"}}));
    INFO(command.front());
    const MadeFile file(entries(""));
    leave_journal(file);
    const Finished finished = file.command(command);
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    CHECK_FALSE(std::filesystem::exists(file.path + "-journal"));
    CHECK(file.ask("SELECT count(*) FROM c WHERE cache_key LIKE 'k%'") ==
          (command.front() == "invalidate" ? 8 : 9));
}

TEST_CASE("who may not take back a change is told that one is half made", "[sqlite]") {
    if (!AnotherUser::can_be()) return;
    const AnotherUser user;
    const MadeFile file(entries(""));
    leave_journal(file);
    REQUIRE(chmod(file.folder.path().c_str(), 0755) == 0);
    REQUIRE(chmod(file.path.c_str(), 0644) == 0);
    REQUIRE(chmod((file.path + "-journal").c_str(), 0644) == 0);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"keys"}, {"stats"}, {"invalidate", "-k", "k1"}}) {
        std::vector<std::string> asked = command;
        asked.insert(asked.end(), {"-u", "sqlite:" + file.path});
        const Finished finished = user.run(asked, AnotherUser::k_nobody, AnotherUser::k_nobody);
        INFO(command.front());
        CHECK(finished.exit_code == 4);
        CHECK_THAT(finished.err, Contains("a process ended in the middle of a change") &&
                                     Contains("Let the service open it once"));
    }
    CHECK(std::filesystem::exists(file.path + "-journal"));
    CHECK(file.count({"--match", "*"}) == 9);
}
