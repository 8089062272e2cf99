// follow: a source that fails, hangs or says nonsense invalidates nothing and loses nothing.

#include "src/core/file.hpp"
#include "src/store/sqlite/database.hpp"
#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace roacache::test;
using roacache::store::sqlite::Database;
using roacache::store::sqlite::OpenMode;

namespace {

/// Entries of three companies, and what follows them.
class Watched {
  public:
    Watched() : state(folder.path() / "state.json"), answer(folder.path() / "answer") {
        for (const char* company : {"1", "2", "3"})
            redis.cli({"set", entry(company), "old"});
        redis.cli({"set", "session:1", "kept"});
    }

    bool cached(const std::string& company) const { return redis.cli({"exists", entry(company)}) == "1"; }
    bool all_cached() const { return redis.cli({"dbsize"}) == "4"; }
    Finished once(std::vector<std::string> source, const RunOptions& options = {}) const {
        source.insert(source.begin(), {"follow", "-u", redis.url(), "-e", "company-changed={1}", "--once",
                                       "--state", state.string(), "--settle", "0", "--timeout", timeout});
        return run_roacache(source, options);
    }
    /// With what a command prints.
    Finished printed(const std::string& text, const std::string& command = "cat ") const {
        std::ofstream(answer) << text;
        return once({"--command", command_line(command)});
    }
    std::string command_line(const std::string& command = "cat ") const {
        // One command for all tests, since a state is of one alone.
        std::ofstream(folder.path() / "source.sh") << command << answer.string() << "\n";
        return "sh " + (folder.path() / "source.sh").string();
    }

    TempDir folder;
    RedisServer redis;
    std::filesystem::path state, answer;
    std::string timeout = "30s"; ///< of the source; short only where it is waited for

  private:
    static std::string entry(const std::string& company) {
        return "cache:default:dashboard_summary:company-" + company + ":0a1b2c3d4e5f";
    }
};

} // namespace

TEST_CASE("a command that fails or prints no rows invalidates nothing, and what moved is found later",
          "[follow]") {
    Watched there;
    REQUIRE(there.printed("1\t10\n2\t20\n3\t30\n").exit_code == 0);
    for (const char* nonsense : {"", "\n", " \n", "ERROR 2002 (HY000): cannot connect\n", "1\t10\n2\n",
                                 "1\t10\t5\n2\t20\t5\n", "1\tERROR: out of memory\n2\t20\n3\t30\n",
                                 "1\t\xff\n", "<html>\n<body>oops</body>\n</html>\n", "1\t10\n\n2\t20\n"}) {
        const Finished finished = there.printed(nonsense);
        INFO(nonsense << "\n" << finished.err);
        CHECK(finished.exit_code == 3);
        CHECK(finished.err.find("roacache: no watermarks: ") == 0);
        CHECK(there.all_cached());
    }
    for (const char* command : {"exit 1; ", "echo 1; exit 7; ", "no-such-command-here ", "kill -9 $$; "}) {
        const Finished finished = there.printed("1\t11\n", command);
        INFO(command << "\n" << finished.err);
        CHECK(finished.exit_code == 3);
        CHECK(there.all_cached());
    }
    CHECK(there.printed("", "yes; ").exit_code == 3); // more than is any table
    there.timeout = "500ms";
    const Finished hanging = there.printed("1\t11\n", "echo late >&2; sleep 1000; ");
    CHECK(hanging.exit_code == 3);
    CHECK(hanging.err.find("took longer than 500 ms: late") != std::string::npos);
    CHECK(hanging.seconds < 5);
    CHECK(there.all_cached());
    there.timeout = "30s";
    CHECK(there.printed("1\t11\r\n2\t20\n3\t30").exit_code == 0);
    CHECK_FALSE(there.cached("1"));
    CHECK(there.cached("2"));
}

TEST_CASE("an SQLite file that is away, locked, damaged or replaced is followed on", "[follow]") {
    Watched there;
    const auto file = there.folder.path() / "ledger.db", away = there.folder.path() / "away.db";
    const std::vector<std::string> source{"--sqlite", file.string(), "--query",
                                          "select company, max(id) from act group by 1"};
    const auto fails = [&](int code, const char* why) {
        const Finished finished = there.once(source);
        INFO(finished.err);
        CHECK(finished.exit_code == code);
        CHECK(finished.err.find(why) != std::string::npos);
        CHECK(there.all_cached());
    };
    fails(3, "cannot open");
    CHECK_FALSE(std::filesystem::exists(file)); // never made
    const auto make = [](const std::filesystem::path& path, const char* rows) {
        Database database(path, OpenMode::create);
        database.execute("CREATE TABLE act (id INTEGER PRIMARY KEY, company)");
        database.execute((std::string("INSERT INTO act VALUES ") + rows).c_str());
    };
    make(file, "(10, 1), (20, 2), (30, 3)");
    REQUIRE(there.once(source).exit_code == 0);
    std::filesystem::rename(file, away);
    fails(3, "cannot open");
    std::ofstream(file) << std::string(5000, 'x');
    fails(4, "no SQLite file");
    std::filesystem::remove(file);
    Database(file, OpenMode::create).execute("CREATE TABLE other (id)");
    fails(4, "no such table");
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
    fails(4, "a folder");
    std::filesystem::remove(file);
    std::filesystem::rename(away, file);
    {
        Database locking(file, OpenMode::read_write);
        locking.execute("BEGIN EXCLUSIVE");
        there.timeout = "500ms";
        fails(3, "locked");
        there.timeout = "30s";
    }
    INFO("a restored database: another file in the old one's place");
    make(away, "(5, 1), (20, 2), (30, 3)");
    std::filesystem::rename(away, file);
    CHECK(there.once(source).exit_code == 0);
    CHECK_FALSE(there.cached("1"));
    CHECK(there.cached("2"));
}

TEST_CASE("a whole number is followed as one, though its column keeps reals", "[follow]") {
    const Watched there;
    const std::string type = GENERATE("REAL", "INTEGER", "TEXT", "");
    INFO(type);
    const auto file = there.folder.path() / "ledger.db";
    const std::vector<std::string> source{"--sqlite", file.string(), "--query",
                                          "select company, max(id) from act group by 1"};
    Database(file, OpenMode::create)
        .execute(("CREATE TABLE act (id REAL, company " + type + "); INSERT INTO act VALUES (10, 1), (20, 2)")
                     .c_str());
    REQUIRE(there.once(source).exit_code == 0);
    Database(file, OpenMode::create).execute("INSERT INTO act VALUES (11, 1)");
    CHECK(there.once(source).exit_code == 0);
    CHECK_FALSE(there.cached("1"));
    CHECK(there.cached("2"));
}

TEST_CASE("the source's SQLite file is neither written nor held", "[follow]") {
    const Watched there;
    const auto file = there.folder.path() / "ledger.db";
    Database(file, OpenMode::create).execute("CREATE TABLE act (id INTEGER PRIMARY KEY, company)");
    const std::string before = roacache::core::read_file(file);
    for (const char* query : {"delete from act", "insert into act values (1, 1) returning company, id",
                              "drop table act", "attach 'made.db' as made", "pragma user_version = 5"}) {
        RunOptions options;
        options.cwd = there.folder.path();
        const Finished finished = there.once({"--sqlite", file.string(), "--query", query}, options);
        INFO(query << "\n" << finished.err);
        CHECK(finished.exit_code != 0);
        CHECK(finished.exit_code != 70);
        CHECK(roacache::core::read_file(file) == before);
        CHECK_FALSE(std::filesystem::exists(there.folder.path() / "made.db"));
    }
    Process process({program(), "follow", "-u", there.redis.url(), "-e", "company-changed={1}", "--sqlite",
                     file.string(), "--query", "select company, max(id) from act group by 1", "--interval",
                     "1h"});
    REQUIRE(process.wait_for("first poll: 0 watermarks"));
    Database writing(file, OpenMode::read_write, std::chrono::milliseconds(0));
    writing.execute("BEGIN EXCLUSIVE");
    writing.execute("COMMIT");
}

TEST_CASE("a query that takes too long is ended", "[follow]") {
    Watched there;
    there.timeout = "500ms";
    const auto file = there.folder.path() / "ledger.db";
    Database(file, OpenMode::create).execute("CREATE TABLE act (id INTEGER PRIMARY KEY, company)");
    const Finished finished = there.once(
        {"--sqlite", file.string(), "--query",
         "with recursive n(i) as (select 1 union all select i + 1 from n) select 1, max(i) from n"});
    INFO(finished.err);
    CHECK(finished.exit_code == 3);
    CHECK(finished.err.find("the query took longer than 500 ms") != std::string::npos);
    CHECK(finished.seconds < 5);
}

TEST_CASE("follow ends within a second of a signal, whatever it waits for", "[follow]") {
    const Watched there;
    const auto file = there.folder.path() / "ledger.db";
    Database locking(file, OpenMode::create);
    locking.execute("CREATE TABLE act (id INTEGER PRIMARY KEY, company); BEGIN EXCLUSIVE");
    const std::string marker = (there.folder.path() / "running").string();
    const std::vector<std::vector<std::string>> sources{
        {"--command", "touch " + marker + "; printf '1\\t10\\n'"},
        {"--command", "touch " + marker + "; sleep 1000"},
        {"--command", "touch " + marker + "; trap '' TERM; while :; do sleep 0.1; done"},
    };
    for (const auto& source : sources)
        for (const int signal : {SIGINT, SIGTERM}) {
            INFO(source.back() << " " << signal);
            std::filesystem::remove(marker);
            std::vector<std::string> words{
                program(), "follow",    "-u", there.redis.url(), "-e", "company-changed={1}", "--interval",
                "1h",      "--timeout", "1h"};
            words.insert(words.end(), source.begin(), source.end());
            Process process(words);
            REQUIRE(eventually([&] { return std::filesystem::exists(marker); }));
            const auto begun = std::chrono::steady_clock::now();
            process.signal(signal);
            REQUIRE(eventually([&] { return !process.running(); }));
            CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(1));
            CHECK(process.stop() == 130);
        }
    Process waiting({program(), "-v", "follow", "-u", there.redis.url(), "-e", "company-changed={1}",
                     "--sqlite", file.string(), "--query", "select company, max(id) from act group by 1",
                     "--timeout", "1h"});
    REQUIRE(waiting.wait_for("setting"));
    waiting.signal(SIGTERM);
    CHECK(eventually([&] { return !waiting.running(); }, std::chrono::seconds(1)));
}
