// follow over the other kinds of stores, and what it shares with invalidate.

#include "src/core/file.hpp"
#include "src/store/sqlite/database.hpp"
#include "tests/cli/api_services.hpp"

#include <filesystem>
#include <fstream>

using namespace roacache::test;
using nlohmann::json;
using roacache::store::sqlite::Database;
using roacache::store::sqlite::OpenMode;

namespace {

/// A ledger of companies 1 and 2, followed by cron.
class Ledger {
  public:
    Ledger() {
        Database database(file, OpenMode::create);
        database.execute("CREATE TABLE act (id INTEGER PRIMARY KEY, company);"
                         "INSERT INTO act VALUES (10, 1), (20, 2)");
    }
    void change(int company) const {
        Database(file, OpenMode::read_write)
            .execute(("INSERT INTO act (company) VALUES (" + std::to_string(company) + ")").c_str());
    }
    std::vector<std::string> once(std::vector<std::string> more) const {
        more.insert(more.begin(),
                    {"follow", "--sqlite", file.string(), "--query",
                     "select company, max(id) from act group by 1", "-e", "company-changed={1}", "--once",
                     "--state", (folder.path() / "state.json").string(), "--settle", "20ms"});
        return more;
    }

    TempDir folder;
    std::filesystem::path file = folder.path() / "ledger.db";
};

} // namespace

TEST_CASE("follow removes from a service's SQLite file", "[follow][sqlite]") {
    const Ledger ledger;
    const std::string path = (ledger.folder.path() / "cache.db").string();
    REQUIRE(run({"/usr/bin/python3", source_dir() + "/tests/systems/fill.py", "roa2web-hybrid", path,
                 "--schema", "a", "--journal", "delete", "--entries", "200"})
                .exit_code == 0);
    const std::vector<std::string> store{"-p", "roa2web-hybrid", "-u", "sqlite:" + path};
    const auto entries = [&](const char* company) {
        std::vector<std::string> words{"keys", "--count", "-w", std::string("company=") + company};
        words.insert(words.end(), store.begin(), store.end());
        return std::stoi(run_roacache(words).out);
    };
    REQUIRE(run_roacache(ledger.once(store)).exit_code == 0);
    const int others = entries("2");
    REQUIRE(others > 0);
    REQUIRE(entries("1") > 0);
    ledger.change(1);
    const Finished finished = run_roacache(ledger.once(store));
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(finished.out.find("1: moved from 10 to 21: removed ") != std::string::npos);
    CHECK(finished.out.find("1: settled: removed 0 keys once more") != std::string::npos);
    CHECK(entries("1") == 0);
    CHECK(entries("2") == others);
}

TEST_CASE("follow has a service invalidate, at each of its instances", "[follow][api]") {
    const Ledger ledger;
    const PythonServer one("tests/systems/hybrid_service.py"), other("tests/systems/hybrid_service.py");
    RunOptions options;
    options.env = {{"ROACACHE_TOKEN", "token-ana"}};
    const std::vector<std::string> store{
        "-p",     "roa2web-hybrid", "-o",
        "ndjson", "--instances",    one.url("/api/cache") + "," + other.url("/api/cache")};
    REQUIRE(run_roacache(ledger.once(store), options).exit_code == 0);
    for (const PythonServer* service : {&one, &other})
        for (const char* company : {"1", "2"})
            got(service->url(std::string("/api/dashboard/summary?company=") + company));
    ledger.change(1);
    const Finished finished = run_roacache(ledger.once(store), options);
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    const json line = json::parse(finished.out.substr(0, finished.out.find('\n')));
    CHECK(line.at("value") == "1");
    CHECK(line.at("invalidation").at("removed").is_null());
    CHECK(line.at("invalidation").at("targets").size() == 2);
    for (const PythonServer* service : {&one, &other})
        CHECK(json::parse(got(service->url("/judge/state"))).at("l1").size() == 1);
}

TEST_CASE("follow notes what it removes in the audit log, and keeps to --max-keys", "[follow]") {
    const Ledger ledger;
    const RedisServer redis;
    const std::string log = (ledger.folder.path() / "audit.jsonl").string();
    for (const char* hash : {"0a1b2c3d4e5f", "1a1b2c3d4e5f"})
        redis.cli({"set", std::string("cache:default:dashboard_summary:company-1:") + hash, "old"});
    const auto follow = [&](const char* most) {
        return run_roacache(
            ledger.once({"-u", redis.url(), "--audit-log", log, "--reason", "ledger", "--max-keys", most}));
    };
    REQUIRE(follow("1").exit_code == 0);
    ledger.change(1);
    for (int run = 0; run < 2; ++run) {
        const Finished finished = follow("1");
        CHECK(finished.exit_code == 4);
        CHECK(finished.err.find("too many keys") != std::string::npos);
        CHECK(redis.cli({"dbsize"}) == "2");
    }
    CHECK(follow("2").exit_code == 0);
    CHECK(redis.cli({"dbsize"}) == "0");
    const std::string lines = roacache::core::read_file(log);
    CHECK(lines.find("\"removed\":2") != std::string::npos);
    CHECK(lines.find("company-changed=1") != std::string::npos);
    CHECK(lines.find("ledger") != std::string::npos);
}

TEST_CASE("while the cache is switched off nothing is followed, and what moves is found later", "[follow]") {
    const Ledger ledger;
    const RedisServer redis;
    redis.cli({"set", "cache:default:dashboard_summary:company-1:0a1b2c3d4e5f", "old"});
    const std::vector<std::string> words = ledger.once({"-u", redis.url()});
    REQUIRE(run_roacache(words).exit_code == 0);
    ledger.change(1);
    RunOptions off;
    off.env = {{"REDIS_ENABLED", "false"}};
    const Finished finished = run_roacache(words, off);
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.find("switched off") != std::string::npos);
    CHECK(redis.cli({"dbsize"}) == "1");
    CHECK(run_roacache(words).exit_code == 0);
    CHECK(redis.cli({"dbsize"}) == "0");
}

TEST_CASE("the first poll invalidates where that is asked for", "[follow]") {
    const Ledger ledger;
    const RedisServer redis;
    redis.cli({"set", "cache:default:dashboard_summary:company-1:0a1b2c3d4e5f", "old"});
    const Finished first = run_roacache(ledger.once({"-u", redis.url(), "--invalidate-first"}));
    INFO(first.err);
    CHECK(first.exit_code == 0);
    CHECK(first.out.find("1: appeared with 10: removed 1 key, in one walk with 1 other\n") !=
          std::string::npos);
    CHECK(redis.cli({"dbsize"}) == "0");
    CHECK(run_roacache(ledger.once({"-u", redis.url(), "--invalidate-first"})).out.empty());
}
