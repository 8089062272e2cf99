// Tables of caches as public reports of other tools describe them: odd keys, odd times, entries of several
// users under one key, triggers, a VACUUM in the middle.

#include "src/store/sqlite/database.hpp"
#include "tests/cli/made_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;
using roacache::store::sqlite::Database;
using roacache::store::sqlite::OpenMode;

namespace {

bool has_open(pid_t process, const std::string& path) {
    std::error_code error;
    for (const auto& fd : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process), error))
        if (std::filesystem::read_symlink(fd, error) == path) return true;
    return false;
}

/// How often a process has gone to sleep of its own.
long times_asleep(pid_t process) {
    std::ifstream status(fmt::format("/proc/{}/status", process));
    const std::string name = "voluntary_ctxt_switches:";
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(name)) return std::stol(line.substr(name.size()));
    return 0;
}

} // namespace

TEST_CASE("a file that has no table of entries yet answers, and is warned of", "[sqlite]") {
    const MadeFile file("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);");
    const Finished ping = file.command({"ping"});
    CHECK(ping.exit_code == 0);
    CHECK_THAT(ping.err, Contains("no other command can read it: no table of cache entries: "));
    CHECK(file.command({"keys"}).exit_code == 4);
    file.change("CREATE TABLE cache (cache_key TEXT, value TEXT, expires_at INTEGER);");
    CHECK(file.command({"ping"}).err.empty());
}

TEST_CASE("entries of several users under one key are each an entry", "[sqlite]") {
    const MadeFile file(
        "CREATE TABLE c (cache_key TEXT, cache_type TEXT, company_id INTEGER, username TEXT, value TEXT, "
        "expires_at REAL, UNIQUE (cache_key, username));" +
        made_rows(5, "INSERT INTO c SELECT 'k' || i, 'invoices_list', 5, 'ana', 'x', 9e9") +
        made_rows(5, "INSERT INTO c SELECT 'k' || i, 'invoices_list', 5, 'bob', 'x', 9e9"));
    CHECK(file.count() == 10);
    SECTION("with a limit") {
        CHECK(file.removed({"-e", "company-changed=5", "--max-keys", "100"}).at("removed") == 10);
    }
    SECTION("shortened") {
        CHECK(file.removed({"-w", "company=5", "--soft", "1s"}).at("shortened") == 10);
        CHECK(file.ask("SELECT count(*) FROM c WHERE expires_at > 8e9") == 0);
        return;
    }
    SECTION("of one user") {
        CHECK(file.removed({"-w", "user=bob"}).at("removed") == 5);
        CHECK(file.ask("SELECT count(*) FROM c WHERE username = 'ana'") == 5);
        return;
    }
    SECTION("more than the limit") {
        file.removed({"-w", "company=5", "--max-keys", "9"}, 4);
        CHECK(file.count() == 10);
        return;
    }
    CHECK(file.ask("SELECT count(*) FROM c") == 0);
}

TEST_CASE("keys of every type are listed and removed", "[sqlite]") {
    const std::string table =
        GENERATE("CREATE TABLE c (cache_key, value TEXT, expires_at REAL);",
                 "CREATE TABLE c (cache_key PRIMARY KEY, value TEXT, expires_at REAL) WITHOUT ROWID;");
    const MadeFile file(table + made_rows(500, "INSERT INTO c SELECT i, 'x', 9e9") +
                        made_rows(500, "INSERT INTO c SELECT i || 'text', 'x', 9e9") +
                        made_rows(500, "INSERT INTO c SELECT CAST('blob' || i AS BLOB), 'x', 9e9") +
                        made_rows(500, "INSERT INTO c SELECT i + 0.5, 'x', 9e9"));
    CHECK(file.count({"--match", "*", "--max-pause", "1us"}) == 2000);
    const json answer = file.removed({"--match", "*", "-y", "--max-pause", "1us"});
    CHECK(answer.at("removed") == 2000);
    CHECK(answer.at("already_gone") == 0);
    CHECK(file.ask("SELECT count(*) FROM c") == 0);
}

TEST_CASE("a key of a column that takes letters for alike is itself alone", "[sqlite]") {
    const MadeFile file("CREATE TABLE c (key TEXT COLLATE NOCASE, value TEXT, expires REAL);"
                        "CREATE INDEX i ON c (key);"
                        "INSERT INTO c VALUES ('Key', 'upper', 9e9), ('key', 'lower', 9e9)");
    CHECK(file.removed({"-k", "key"}).at("removed") == 1);
    CHECK(file.ask("SELECT count(*) FROM c WHERE value = 'upper'") == 1);
    CHECK(file.command({"inspect", "key"}).exit_code == 1);
}

TEST_CASE("0, less and NULL mean never, and what is too long to be added up does too", "[sqlite]") {
    const MadeFile expires(
        "CREATE TABLE c (key TEXT, value TEXT, expire INTEGER);"
        "INSERT INTO c VALUES ('a', 'x', 0), ('b', 'x', -1), ('c', 'x', NULL), ('d', 'x', '0'), "
        "('e', 'x', 5), ('f', 'x', 9000000000)");
    CHECK(expires.count({"--match", "*"}) == 5);
    const MadeFile lifetimes(
        "CREATE TABLE c (key TEXT, value TEXT, created_at REAL, ttl);"
        "INSERT INTO c VALUES ('a', 'x', 1e9, 9223372036854775807), ('b', 'x', 1e9, 9e999), ('c', 'x', 1e9, "
        "0), "
        "('d', 'x', 1e9, -1), ('e', 'x', 1e9, NULL), ('f', 'x', 1e9, 5), ('g', 'x', 1e9, 9e9)");
    CHECK(lifetimes.count({"--match", "*"}) == 6);
}

TEST_CASE("times are written in the form that they have", "[sqlite]") {
    const MadeFile file("CREATE TABLE c (key TEXT, value TEXT, expires TEXT);"
                        "INSERT INTO c VALUES ('ms', 'x', '9000000000000'), ('s', 'x', '9000000000'), "
                        "('iso', 'x', '2200-01-01T00:00:00+02:00')");
    CHECK(file.removed({"-k", "ms", "-k", "s", "-k", "iso", "--soft", "10m"}).at("shortened") == 3);
    CHECK(file.ask("SELECT count(*) FROM c WHERE key = 'ms' AND length(expires) = 13") == 1);
    CHECK(file.ask("SELECT count(*) FROM c WHERE key = 's' AND length(expires) = 10") == 1);
    CHECK(file.ask("SELECT count(*) FROM c WHERE key = 'iso' AND expires LIKE '20%+02:00'") == 1);
    CHECK(file.count({"--match", "*"}) == 3);
}

TEST_CASE("a database in UTF-16 is read", "[sqlite]") {
    const MadeFile file("PRAGMA encoding='UTF-16le'; CREATE TABLE c (key TEXT, value TEXT, expires REAL);"
                        "INSERT INTO c VALUES ('ț:user-ana:1', 'x', 9e9)");
    CHECK(file.command({"keys"}).out == "ț:user-ana:1\n");
    CHECK(file.removed({"-w", "user=ana"}).at("removed") == 1);
}

TEST_CASE("what a trigger keeps is refused, not gone", "[sqlite]") {
    const MadeFile file(
        "CREATE TABLE c (key TEXT, value TEXT, expires REAL);"
        "INSERT INTO c VALUES ('kept', 'x', 9e9), ('free', 'x', 9e9);"
        "CREATE TRIGGER t BEFORE DELETE ON c WHEN old.key = 'kept' BEGIN SELECT RAISE(IGNORE); END");
    const json answer = file.removed({"--match", "*", "-y"}, 5);
    CHECK(answer.at("removed") == 1);
    CHECK(answer.at("refused") == 1);
    CHECK(answer.at("already_gone") == 0);
}

TEST_CASE("a log of lookups with a column called rowid is read to its end", "[sqlite]") {
    const MadeFile file("CREATE TABLE c (key TEXT, value TEXT, expires REAL);"
                        "CREATE TABLE performance_log (rowid TEXT, cache_type TEXT, cache_hit INTEGER, "
                        "response_time_ms REAL, timestamp REAL);" +
                        made_rows(20'000,
                                  "INSERT INTO performance_log SELECT 'zz', 'invoices_list', i % 2, 1, "
                                  "strftime('%s', 'now') - 5"));
    const Finished finished = file.command({"stats", "-o", "json"});
    REQUIRE(finished.exit_code == 0);
    CHECK(json::parse(finished.out).at("queries_saved").at("day") == 10'000);
}

TEST_CASE("a VACUUM of the service's in the middle of a removal leaves nothing behind", "[sqlite]") {
    const MadeFile file(
        "CREATE TABLE c (cache_key TEXT, value TEXT, expires_at INTEGER);" +
        made_rows(60'000, "INSERT INTO c SELECT 'invoices_list:company-' || (i % 2) || ':user-ana:' || i, "
                          "'x', 9000000000") +
        "DELETE FROM c WHERE rowid % 3 = 0");
    const std::int64_t others = file.ask("SELECT count(*) FROM c WHERE cache_key LIKE '%company-0:%'");
    Process removal({program(), "invalidate", "-w", "company=1", "--max-pause", "20us", "-u",
                     "sqlite:" + file.path, "-p", "roa2web-hybrid", "-q"});
    eventually([&] { return file.ask("SELECT count(*) FROM c") < 40'000; });
    file.change("PRAGMA busy_timeout=20000; VACUUM");
    REQUIRE(eventually([&] { return !removal.running(); }));
    INFO(removal.log());
    CHECK(removal.stop() == 0);
    CHECK(file.ask("SELECT count(*) FROM c WHERE cache_key LIKE '%company-1:%'") == 0);
    CHECK(file.ask("SELECT count(*) FROM c") == others);
}

TEST_CASE("a reader that goes on and on holds a removal up, which lets other readers begin", "[sqlite]") {
    const MadeFile file("CREATE TABLE c (key TEXT PRIMARY KEY, value TEXT, expires REAL);" +
                        made_rows(100, "INSERT INTO c SELECT 'k' || i, 'x', 9e9"));
    Database reading(file.path, OpenMode::read_only);
    auto rows_read = reading.prepare("SELECT * FROM c");
    REQUIRE(rows_read.step());
    Process removal({program(), "invalidate", "--match", "*", "-y", "--timeout", "30s", "-u",
                     "sqlite:" + file.path, "-q"});
    using Clock = std::chrono::steady_clock;
    auto longest = Clock::duration::zero();
    for (int i = 0; i < 10; ++i) {
        REQUIRE(eventually([&] { return std::filesystem::exists(file.path + "-journal"); })); // it is at work
        const auto begun = Clock::now();
        CHECK(file.ask("SELECT count(*) FROM c") == 100);
        longest = std::max(longest, Clock::now() - begun);
    }
    CHECK(longest < std::chrono::seconds(5)); // not for as long as the removal may wait
    rows_read.reset();
    REQUIRE(eventually([&] { return !removal.running(); }));
    INFO(removal.log());
    CHECK(removal.stop() == 0);
    CHECK(file.ask("SELECT count(*) FROM c") == 0);
}

TEST_CASE("what was removed is on the disk at the end, and none of it is waited for before", "[sqlite]") {
    for (const bool interrupted : {false, true}) {
        INFO((interrupted ? "interrupted" : "to its end"));
        const MadeFile file("CREATE TABLE c (key TEXT, value TEXT, expires REAL);" +
                            made_rows(200'000, "INSERT INTO c SELECT 'k' || i, 'x', 9e9"));
        const auto recorded = file.folder.path() / "recorded";
        RunOptions options;
        preload(options, file.folder, "recorded_calls");
        options.env["RECORDED_CALLS"] = recorded.string();
        Process removal({program(), "invalidate", "--match", "*", "-y", "-q", "-u", "sqlite:" + file.path},
                        options);
        if (interrupted) {
            eventually([&] { return file.ask("SELECT count(*) FROM c") < 200'000; });
            removal.signal(SIGINT);
        }
        REQUIRE(eventually([&] { return !removal.running(); }));
        INFO(removal.log());
        CHECK(removal.stop() == (interrupted ? 130 : 0));
        CHECK((file.ask("SELECT count(*) FROM c") > 0) == interrupted);
        std::ostringstream calls;
        calls << std::ifstream(recorded).rdbuf();
        // What an interrupted one leaves to go on with is synced behind it.
        CHECK(calls.str().rfind("fdatasync\n", 0) == 0);
        CHECK(calls.str().find("fdatasync", 1) == std::string::npos);
    }
}

TEST_CASE("a file is made smaller under syncs, whatever was removed before", "[sqlite]") {
    const std::string journal = GENERATE("DELETE", "WAL");
    const std::vector<std::string> selectors =
        GENERATE(std::vector<std::string>{"-k", "nobody"}, std::vector<std::string>{"-k", "k1"},
                 std::vector<std::string>{"--match", "nobody*"}, std::vector<std::string>{"--match", "*"},
                 std::vector<std::string>{"-k", "nobody", "--soft", "1s"});
    INFO(journal << " " << selectors.back());
    MadeFile file("PRAGMA journal_mode=" + journal +
                  "; CREATE TABLE c (key TEXT PRIMARY KEY, value TEXT, expires REAL);" +
                  made_rows(5'000, "INSERT INTO c SELECT 'k' || i, 'x', 9e9") +
                  "DELETE FROM c WHERE rowid % 2 = 0");
    const auto syncs = [&](std::vector<std::string> options) {
        const auto recorded = file.folder.path() / "recorded";
        std::filesystem::remove(recorded);
        file.options.env["RECORDED_CALLS"] = recorded.string();
        options.insert(options.end(), selectors.begin(), selectors.end());
        file.removed(options);
        std::ostringstream calls;
        calls << std::ifstream(recorded).rdbuf();
        return lines_in(calls.str());
    };
    preload(file.options, file.folder, "recorded_calls");
    const std::string copy = file.path + ".before";
    std::filesystem::copy_file(file.path, copy);
    const long without = syncs({"-y"});
    std::filesystem::copy_file(copy, file.path, std::filesystem::copy_options::overwrite_existing);
    const long with = syncs({"-y", "--vacuum"});
    CHECK(with >= without + 2); // the journal, or the log, and the file
    CHECK(std::filesystem::file_size(file.path) < std::filesystem::file_size(copy));
}

TEST_CASE("an interrupt ends the wait for a lock, and is said to be one", "[sqlite]") {
    const std::string holding = GENERATE("BEGIN EXCLUSIVE", "BEGIN IMMEDIATE", "BEGIN; SELECT * FROM c");
    INFO(holding);
    const MadeFile file("CREATE TABLE c (key TEXT, value TEXT, expires REAL);" +
                        made_rows(100, "INSERT INTO c SELECT 'k' || i, 'x', 9e9"));
    Database user(file.path, OpenMode::read_write);
    user.execute(holding.c_str());
    Process removal({program(), "invalidate", "--match", "*", "-y", "--timeout", "60s", "-o", "json", "-u",
                     "sqlite:" + file.path});
    REQUIRE(eventually([&] { return has_open(removal.pid(), file.path); }));
    // Who waits for a lock asks for it again and again.
    const long before = times_asleep(removal.pid());
    REQUIRE(eventually([&] { return times_asleep(removal.pid()) > before + 20; }));
    removal.signal(SIGINT);
    REQUIRE(eventually([&] { return !removal.running(); }));
    INFO(removal.log());
    CHECK(removal.log().find("locked") == std::string::npos);
    CHECK(removal.log().find("interrupted") != std::string::npos);
    CHECK(removal.stop() == 130);
    user.execute("ROLLBACK");
    CHECK(file.ask("SELECT count(*) FROM c") == 100);
}

TEST_CASE("inspect and keys show a value and the type that it is stored as", "[sqlite]") {
    const MadeFile file(
        "CREATE TABLE c (key TEXT, value, expires REAL);"
        "INSERT INTO c VALUES ('i', 5, 9e9), ('r', 1.5, 9e9), ('t', 'x', 9e9), ('b', x'00', 9e9)");
    struct Stored {
        const char *key, *type;
        std::string value;
    };
    for (const auto& [key, type, value] : {Stored{"i", "integer", "5"},
                                           {"r", "real", "1.5"},
                                           {"t", "text", "x"},
                                           {"b", "blob", std::string(1, '\0')}}) {
        const json entry = json::parse(file.command({"inspect", key, "-o", "json"}).out).at("entries").at(0);
        CHECK(entry.at("type") == type);
        CHECK(entry.at("value_bytes") == value.size());
        CHECK_FALSE(entry.at("value").is_null());
        CHECK_THAT(file.command({"inspect", key, "-o", "table"}).out, Contains(value) || Contains("\\x00"));
        CHECK(file.command({"inspect", key, "--raw"}).out == value);
        CHECK_THAT(file.command({"keys", "-k", key, "-l"}).out, Contains(type));
    }
}
