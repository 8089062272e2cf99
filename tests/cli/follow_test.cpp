// follow: what a database's watermarks say to be stale is removed, and nothing is missed.

#include "tests/cli/followed.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

TEST_CASE("follow invalidates for the value whose watermark has moved, and once more", "[follow]") {
    const Followed there;
    const Finished first = there.once();
    INFO(first.err);
    CHECK(first.exit_code == 0);
    CHECK(first.out.empty());
    CHECK(first.err.find("first poll: 2 watermarks noted, nothing invalidated") != std::string::npos);
    CHECK(there.cached("1"));

    there.change("INSERT INTO act VALUES (30, 1)");
    const Finished moved = there.once();
    INFO(moved.err);
    CHECK(moved.exit_code == 0);
    CHECK_FALSE(there.cached("1"));
    CHECK(there.cached("2"));
    CHECK(there.redis.cli({"get", "session:1"}) == "kept");
    const auto lines = documents_in(moved.out);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].at("schema") == "roacache.follow/1");
    CHECK(lines[0].at("event") == "moved");
    CHECK(lines[0].at("value") == "1");
    CHECK(lines[0].at("watermark") == json({{"before", {10, 1}}, {"after", {30, 2}}}));
    CHECK(lines[0].at("invalidation").at("schema") == "roacache.invalidate/1");
    CHECK(lines[0].at("invalidation").at("removed") == 1);
    CHECK(lines[1].at("event") == "settled");
    CHECK(there.once().out.empty());
}

TEST_CASE("every way in which a watermark changes counts", "[follow]") {
    const Followed there;
    REQUIRE(there.once().exit_code == 0);
    const auto event_after = [&](const char* sql) {
        there.fill();
        there.change(sql);
        const auto lines = documents_in(there.once().out);
        return lines.empty() ? json() : lines[0].at("event");
    };
    CHECK(event_after("INSERT INTO act VALUES (5, 1)") == "moved"); // committed late
    CHECK(event_after("DELETE FROM act WHERE id = 10") == "moved"); // goes back
    CHECK_FALSE(there.cached("1"));
    CHECK(there.cached("2"));
    CHECK(event_after("DELETE FROM act WHERE company = 2") == "vanished");
    CHECK_FALSE(there.cached("2"));
    CHECK(event_after("INSERT INTO act VALUES (40, 2)") == "appeared");
    CHECK(event_after("UPDATE act SET company = company") == json());
    CHECK(event_after("DELETE FROM act") == "vanished");
    CHECK_FALSE(there.cached("1"));
    CHECK(there.redis.cli({"get", "session:1"}) == "kept");
}

TEST_CASE("without a column in the selectors the whole answer is one watermark", "[follow]") {
    const Followed there;
    const auto follow = [&] {
        return run_roacache({"follow", "-u", there.redis.url(), "--sqlite", there.ledger.string(), "--query",
                             "select company, max(id) from act group by 1", "-r", "dashboard_summary",
                             "--once", "--state", there.state.string(), "--settle", "0"});
    };
    CHECK(follow().exit_code == 0);
    there.change("INSERT INTO act VALUES (30, 1), (40, 2)");
    const Finished finished = follow();
    INFO(finished.err);
    CHECK(lines_in(finished.out) == 1);
    CHECK(finished.out.find("moved from [[1,10],[2,20]] to [[1,30],[2,40]]: removed 2 keys") !=
          std::string::npos);
}

TEST_CASE("a value that could widen the selection is refused and stays pending", "[follow]") {
    const Followed there;
    REQUIRE(there.once().exit_code == 0);
    for (const char* value : {"'*'", "''", "' '", "NULL", "'1*'", "'[12]'", "'?'", "'\\'"}) {
        INFO(value);
        there.change(("INSERT INTO act VALUES (100, " + std::string(value) + ")").c_str());
        for (int run = 0; run < 2; ++run) {
            const Finished refused = there.once();
            CHECK(refused.exit_code == 4);
            CHECK(refused.err.find("its value is refused") != std::string::npos);
            CHECK(there.cached("1"));
            CHECK(there.cached("2"));
        }
        there.change("DELETE FROM act WHERE id = 100");
    }
    INFO("beside one that is fine");
    there.change("INSERT INTO act VALUES (100, '*'), (101, 1)");
    CHECK(there.once().exit_code == 5);
    CHECK_FALSE(there.cached("1"));
    CHECK(there.cached("2"));
}

TEST_CASE("follow needs selectors, and never takes everything", "[follow]") {
    const Followed there;
    const auto refused = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"follow", "-u", there.redis.url(), "--interval", "20ms"});
        const Finished finished = run_roacache(words);
        INFO(finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(there.redis.cli({"dbsize"}) == "3");
        return finished.err;
    };
    const std::string file = there.ledger.string(), query = k_query;
    CHECK(refused({"--sqlite", file, "--query", query}).find("nothing says which keys") != std::string::npos);
    CHECK(refused({"--sqlite", file, "--query", query, "--all-tenants"}).find("everything") !=
          std::string::npos);
    refused({"--sqlite", file, "--query", query, "--match", "*"});
    refused({"--sqlite", file, "--query", query, "-e", "{1}"});
    refused({"--sqlite", file, "--query", query, "-w", "{1}={2}"});
    refused({"--sqlite", file, "--query", query, "-e", "company-changed={4}"});
    refused({"--sqlite", file, "--query", query, "-e", "company-changed={0}"});
    refused({"--sqlite", file, "--query", query, "-e", "no-such-event={1}"});
    refused({"--sqlite", file, "--query", "select company from act", "-e", "company-changed={1}"});
    refused({"--sqlite", file, "--query", query + "; select 1", "-e", "company-changed={1}"});
    refused({"--sqlite", file, "--query", " -- nothing", "-e", "company-changed={1}"});
    refused({"--sqlite", file, "-e", "company-changed={1}"});
    refused({"--command", "true", "--sqlite", file, "--query", query, "-e", "company-changed={1}"});
    refused({"-e", "company-changed={1}"});
    refused({"--command", "true", "--once", "-e", "company-changed={1}"});
    refused({"--command", "true", "--keys-from", "-"});
    refused({"--command", "true", "-e", "company-changed={1}", "--interval", "0s"});
    CHECK(refused({"--command", "true", "-e", "company-changed={1}", "--state", "/nowhere/state"})
              .find("cannot write") != std::string::npos);
}

TEST_CASE("what is not done stays pending until it is", "[follow]") {
    Followed there;
    Process process = there.begin({"--state", there.state.string()});
    REQUIRE(eventually([&] { return std::filesystem::exists(there.state); }));
    there.redis.kill();
    there.change("INSERT INTO act VALUES (30, 1)");
    CHECK(process.wait_for("cannot connect"));
    process.signal(SIGSTOP); // or both of its removals are made before the entries are back
    there.redis.restart();
    there.fill();
    process.signal(SIGCONT);
    CHECK(eventually([&] { return !there.cached("1"); }));
    CHECK(there.cached("2"));
    CHECK(process.wait_for("\"settled\""));
    process.signal(SIGTERM);
    CHECK(process.stop() == 130);
    CHECK(lines_in(process.log()) <= 8); // the warning comes once

    INFO("kill -9 while the cache is away");
    there.redis.kill();
    there.change("INSERT INTO act VALUES (50, 2)");
    Process killed = there.begin({"--state", there.state.string()});
    REQUIRE(killed.wait_for("cannot connect"));
    killed.kill();
    there.redis.restart();
    there.fill();
    CHECK(there.once().exit_code == 0);
    CHECK_FALSE(there.cached("2"));
    CHECK(there.cached("1"));
}

TEST_CASE("the second removal of a killed run is made by the next one", "[follow]") {
    const Followed there;
    std::vector<std::string> words = there.command({"--state", there.state.string()});
    words.insert(words.begin(), program());
    *std::find(words.begin(), words.end(), "50ms") = "1h";
    Process process(words);
    REQUIRE(eventually([&] { return std::filesystem::exists(there.state); }));
    there.change("INSERT INTO act VALUES (30, 1)");
    REQUIRE(eventually([&] {
        std::ifstream file(there.state);
        return !there.cached("1") && json::parse(file).at("values")[0].at("settle_at_ms").size() == 1;
    }));
    process.kill();
    there.fill();                           // written back
    const Finished finished = there.once(); // with a settle time of its own
    INFO(finished.err);
    const auto lines = documents_in(finished.out);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("event") == "settled");
    CHECK(lines[0].at("invalidation").at("removed") == 1);
    CHECK_FALSE(there.cached("1"));
}

TEST_CASE("two that follow with one state lock each other out", "[follow]") {
    const Followed there;
    Process process = there.begin({"--state", there.state.string()});
    REQUIRE(eventually([&] { return std::filesystem::exists(there.state); }));
    std::filesystem::create_symlink(there.state, there.folder.path() / "link.json");
    for (const char* name : {"state.json", "link.json"}) {
        const Finished second =
            run_roacache(there.command({"--once", "--state", (there.folder.path() / name).string()}));
        CHECK(second.exit_code == 4);
        CHECK(second.err.find("another roacache (process " + std::to_string(process.pid()) + ")") !=
              std::string::npos);
    }
    process.kill();
    CHECK(there.once().exit_code == 0);
    CHECK_FALSE(std::filesystem::exists(there.state.string() + ".lock"));
}

TEST_CASE("a state that is damaged, or of something else, is refused and kept", "[follow]") {
    const Followed there;
    REQUIRE(there.once().exit_code == 0);
    there.change("INSERT INTO act VALUES (30, 1)");
    std::ifstream file(there.state);
    const std::string good(std::istreambuf_iterator<char>(file), {});
    for (const std::string& content : {std::string(), std::string("[]"), good.substr(0, good.size() / 2),
                                       std::string("{}"), std::string(8, '\0')}) {
        std::ofstream(there.state) << content;
        CHECK(there.once().exit_code == 2);
        CHECK(std::filesystem::file_size(there.state) == content.size());
    }
    std::ofstream(there.state) << good;
    CHECK(there.once({}, "select company, max(id) from act group by 1").exit_code == 2);
    CHECK(there.once({"-t", "another"}).exit_code == 2);
    std::vector<std::string> another_store = there.command({"--once", "--state", there.state.string()});
    another_store[2] += "/1";
    CHECK(run_roacache(another_store).err.find("the state of another store") != std::string::npos);
    CHECK(there.cached("1"));
    CHECK(there.once().exit_code == 0);
    CHECK_FALSE(there.cached("1"));
}

TEST_CASE("a dry run of follow changes neither the cache nor the state", "[follow]") {
    const Followed there;
    REQUIRE(there.once().exit_code == 0);
    there.change("INSERT INTO act VALUES (30, 1)");
    for (int run = 0; run < 2; ++run) {
        const auto lines = documents_in(there.once({"--dry-run"}).out);
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].at("invalidation").at("dry_run") == true);
        CHECK(lines[0].at("invalidation").at("matched") == 1);
    }
    CHECK(there.cached("1"));
    CHECK(there.once().exit_code == 0);
    CHECK_FALSE(there.cached("1"));
}

// In full, 1,000 changes in two minutes: tests/systems/follow_changes.py build/roacache
TEST_CASE("no change is lost over kills and restarts", "[follow]") {
    const Finished finished = run({"/usr/bin/python3", source_dir() + "/tests/systems/follow_changes.py",
                                   program(), "--changes", "60", "--slack", "10", "--seed", "20261127"});
    INFO(finished.out + finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(finished.out.find("\"missed\": []") != std::string::npos);
}
