// The hybrid portal's SQLite file, filled as that service fills it by programs that were written from its
// documents alone: tests/systems/.

#include "src/store/sqlite/database.hpp"
#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace roacache::test;
using nlohmann::json;
using roacache::store::sqlite::Database;
using roacache::store::sqlite::OpenMode;
using Keys = std::set<std::string>;

namespace {

/// A file in one of the four schemas that the judges know.
struct HybridFile {
    HybridFile(const std::string& schema, const std::string& journal) {
        const Finished python =
            run({"/usr/bin/python3", source_dir() + "/tests/systems/fill.py", "roa2web-hybrid", path.string(),
                 "--schema", schema, "--journal", journal, "--entries", "600"});
        INFO(python.err);
        REQUIRE(python.exit_code == 0);
        filled = json::parse(python.out);
    }
    /// The same in a place of its own, without another start of Python.
    HybridFile(const HybridFile& other) : filled(other.filled) {
        std::filesystem::copy_file(other.path, path);
    }
    HybridFile& operator=(const HybridFile&) = delete;

    Finished command(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"-u", "sqlite:" + path.string(), "-p", "roa2web-hybrid"});
        RunOptions options;
        options.env["TZ"] = "UTC"; // as the service's, whose times may name no zone
        return run_roacache(arguments, options);
    }
    Keys listed(std::vector<std::string> selectors = {}) const {
        selectors.insert(selectors.begin(), "keys");
        const Finished finished = command(selectors);
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        Keys keys;
        std::istringstream lines(finished.out);
        for (std::string key; std::getline(lines, key);)
            keys.insert(key);
        return keys;
    }
    Keys alive() const {
        Keys keys;
        for (const json& key : filled.at("keys"))
            if (!key.at("expired").get<bool>()) keys.insert(key.at("key").get<std::string>());
        return keys;
    }
    /// Of a table, or of a query.
    std::int64_t rows(const std::string& of) const {
        Database database(path, OpenMode::read_only);
        auto statement = database.prepare("SELECT count(*) FROM " + of);
        statement.step();
        return statement.integer(0);
    }
    /// Every table but that of the entries.
    void check_neighbours() const {
        for (const auto& [table, count] : filled.at("neighbours").items())
            CHECK(rows("\"" + table + "\"") == count.get<std::int64_t>());
    }

    TempDir folder;
    std::filesystem::path path = folder.path() / "cache.db";
    json filled;
};

Keys names(const json& list) {
    return list.get<Keys>();
}

Keys united(Keys all, const Keys& more) {
    all.insert(more.begin(), more.end());
    return all;
}

Keys without(Keys all, const Keys& gone) {
    for (const std::string& key : gone)
        all.erase(key);
    return all;
}

Finished ping(const std::string& path) {
    return run_roacache({"keys", "-u", "sqlite:" + path, "--timeout", "300ms"});
}

} // namespace

TEST_CASE("the hybrid portal's entries are listed, told apart and counted, however its file keeps them",
          "[sqlite]") {
    const std::string schema = GENERATE("a", "b", "c", "d");
    const HybridFile file(schema, schema == "b" || schema == "c" ? "wal" : "delete");
    INFO(schema);
    CHECK(file.listed() == file.alive());
    Keys of_company;
    for (const json& key : file.filled.at("keys"))
        if (key.at("company") == 11 && !key.at("expired").get<bool>()) of_company.insert(key.at("key"));
    REQUIRE_FALSE(of_company.empty());
    CHECK(file.listed({"-w", "company=11"}) == of_company);

    const Finished finished = file.command({"stats", "-o", "json"});
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    const json stats = json::parse(finished.out);
    CHECK(stats.at("keys") == file.alive().size());
    CHECK(stats.at("expired").at("keys") == file.filled.at("keys").size() - file.alive().size());
    const json& told = file.filled.at("statistics");
    CHECK(stats.at("queries_saved").at("day") == told.at("queries_saved").at("today"));
    CHECK(stats.at("queries_saved").at("week") == told.at("queries_saved").at("week"));
    CHECK(stats.at("queries_saved").at("total") == told.at("queries_saved").at("total"));
    for (const auto& [type, times] : told.at("response_times").items()) {
        const json& own = stats.at("response_times").at(type);
        CHECK(own.at("cached_ms").get<double>() == Approx(times.at("cached").get<double>()));
        CHECK(own.at("origin_ms").get<double>() == Approx(times.at("oracle").get<double>()));
        CHECK(own.at("improvement_percent").get<double>() == Approx(times.at("improvement").get<double>()));
    }
    const std::string key = *of_company.begin();
    const Finished inspected = file.command({"inspect", key, "-o", "json"});
    INFO(inspected.err);
    CHECK(inspected.exit_code == 0);
    CHECK_THAT(inspected.out, Contains("ttl_left_ms") || Contains("ttl_ms"));
    const Finished ping = file.command({"ping", "-o", "json"});
    CHECK(ping.exit_code == 0);
    CHECK(json::parse(ping.out).at("kind") == "sqlite");
}

TEST_CASE("each event removes what it makes stale from the hybrid portal's file, and nothing else",
          "[sqlite]") {
    const std::string schema = GENERATE("a", "b", "c", "d");
    const HybridFile untouched(schema, schema == "a" ? "wal" : "delete");
    for (const json& event : untouched.filled.at("events")) {
        std::string name = event.at("event").get<std::string>();
        const bool of_company = !event.at("arguments").empty();
        if (name == "company-changed")
            continue; // the portal's own look at act, which act-moved is, goes further
        const HybridFile file(untouched);
        Keys stale;
        for (const json& each : file.filled.at("events"))
            if (each.at("event") == event.at("event") && each.at("arguments") == event.at("arguments"))
                stale = united(names(each.at("stale")), names(each.at("untold")));
        if (name == "act-moved") {
            name = "company-changed";
            for (const json& key : file.filled.at("keys"))
                if (key.at("company").is_null()) stale.insert(key.at("key").get<std::string>());
        }
        if (of_company) name += "=" + event.at("arguments").begin()->dump();
        INFO(schema << " " << name);
        const Keys before = file.alive();
        const Finished finished = file.command({"invalidate", "-e", name, "-o", "json"});
        INFO(finished.err);
        REQUIRE(finished.exit_code == 0);
        const Keys left = without(before, stale);
        const json answer = json::parse(finished.out);
        CHECK(answer.at("removed") == before.size() - left.size());
        CHECK(answer.at("matched") == before.size() - left.size());
        CHECK(file.listed() == left);
        file.check_neighbours();
    }
}

TEST_CASE("named entries, a whole file and times to live of an SQLite file are changed as asked",
          "[sqlite]") {
    const HybridFile file("c", "wal");
    const Keys all = file.alive();
    const std::string key = *all.begin();
    CHECK(file.command({"invalidate", "-k", key, "-k", "nobody"}).exit_code == 0);
    CHECK(file.listed() == without(all, {key}));
    // Shortened entries may end meanwhile; their rows are there all the same.
    const auto rows = file.rows("hybrid_cache");
    CHECK(file.command({"invalidate", "-w", "user=ana", "--soft", "1h", "--verify"}).exit_code == 0);
    CHECK(file.rows("hybrid_cache") == rows);
    CHECK(file.command({"invalidate", "--all-tenants"}).exit_code == 2);
    CHECK(file.command({"invalidate", "--all-tenants", "-y", "--max-keys", "5"}).exit_code == 4);
    CHECK(file.command({"invalidate", "--all-tenants", "-y", "--dry-run"}).exit_code == 0);
    CHECK(file.rows("hybrid_cache") == rows);
    const auto size = std::filesystem::file_size(file.path);
    const Finished finished = file.command({"invalidate", "--all-tenants", "-y", "--vacuum", "-o", "json"});
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(file.listed().empty());
    CHECK(file.rows("hybrid_cache") == 0); // what had expired took up room, and went too
    CHECK(json::parse(finished.out).at("expired").get<int>() > 0);
    CHECK(std::filesystem::file_size(file.path) < size);
    file.check_neighbours();
}

TEST_CASE("a file that is no cache's is refused in a line, and never made or changed", "[sqlite]") {
    const TempDir folder;
    const std::string path = (folder.path() / "x.db").string();
    const auto refused = [&](const Finished& finished, int code, const char* why) {
        INFO(finished.err);
        CHECK(finished.exit_code == code);
        CHECK(finished.out.empty());
        CHECK_THAT(finished.err, Contains(why) && Contains(path));
    };
    SECTION("absent") {
        refused(ping(path), 3, "no such file");
        refused(run_roacache({"invalidate", "-u", "sqlite:" + path, "--all-tenants", "-y"}), 3,
                "no such file");
        CHECK_FALSE(std::filesystem::exists(path));
    }
    SECTION("something else") {
        std::ofstream(path) << std::string(8000, 'x');
        refused(ping(path), 4, "no SQLite file");
    }
    SECTION("empty, as when a service has just begun") {
        std::ofstream(path).close();
        refused(ping(path), 4, "it has no tables");
    }
    SECTION("a folder, a pipe") {
        std::filesystem::create_directory(path);
        refused(ping(path), 4, "it is a folder");
        std::filesystem::remove(path);
        REQUIRE(mkfifo(path.c_str(), 0600) == 0);
        refused(ping(path), 4, "no regular file");
    }
    SECTION("damaged") {
        {
            Database database(path, OpenMode::create);
            database.execute("CREATE TABLE e (key TEXT PRIMARY KEY, value TEXT, expires REAL);"
                             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                             "INSERT INTO e SELECT 'key' || i, hex(randomblob(100)), 9e9 FROM n");
        }
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(20'000);
        file << std::string(200'000, '\x55');
        file.close();
        const Finished finished = ping(path);
        INFO(finished.err);
        CHECK(finished.exit_code == 4);
        CHECK_THAT(finished.err, Contains("damaged: " + path));
    }
    SECTION("of another schema, or of several caches") {
        Database database(path, OpenMode::create);
        database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)");
        refused(ping(path), 4, "users(id INTEGER, name TEXT)");
        database.execute("CREATE TABLE one (key TEXT, value TEXT, expires REAL);"
                         "CREATE TABLE two (key TEXT, value TEXT, expires REAL);"
                         "INSERT INTO two VALUES ('cache:default:invoices_list:1', 'x', 9e9)");
        refused(ping(path), 4, "it could be one of several");
        const Finished chosen = run_roacache({"keys", "-u", "sqlite:" + path + "?table=two"});
        CHECK(chosen.exit_code == 0);
        CHECK(chosen.out == "cache:default:invoices_list:1\n");
        refused(run_roacache({"keys", "-u", "sqlite:" + path + "?table=three"}), 4,
                "there is no table 'three'");
    }
    SECTION("locked for good") {
        Database database(path, OpenMode::create);
        database.execute("CREATE TABLE e (key TEXT, value TEXT, expires REAL); BEGIN EXCLUSIVE");
        refused(ping(path), 3, "locked by another process");
        database.execute("ROLLBACK");
        CHECK(ping(path).exit_code == 0);
    }
    SECTION("read-only") {
        if (geteuid() == 0) return; // who may write everything
        Database(path, OpenMode::create).execute("CREATE TABLE e (key TEXT, value TEXT, expires REAL)");
        std::filesystem::permissions(path, std::filesystem::perms::owner_read);
        refused(run_roacache({"invalidate", "-u", "sqlite:" + path, "--all-tenants", "-y"}), 4, "read-only");
    }
}
