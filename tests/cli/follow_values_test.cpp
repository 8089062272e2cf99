// What is wrong with one value, or for a while, stops following for none of the others.

#include "tests/cli/followed.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <map>

using namespace roacache::test;
using nlohmann::json;

TEST_CASE("a value that no key can have stops none of the others", "[follow]") {
    const Followed there;
    REQUIRE(there.once().exit_code == 0);
    there.change("INSERT INTO act VALUES (100, '12:30'), (101, 1)");
    const Finished beside = there.once();
    INFO(beside.err);
    CHECK(beside.exit_code == 5);
    CHECK(beside.err.find("separates the parts of a key") != std::string::npos);
    CHECK_FALSE(there.cached("1"));
    CHECK(there.cached("2"));
    for (int run = 0; run < 2; ++run) // it stays pending
        CHECK(there.once().exit_code == 4);
    there.change("DELETE FROM act WHERE id = 100");
    CHECK(there.once().exit_code == 0);

    INFO("of one that goes on");
    there.fill();
    Process process = there.begin({"--state", there.state.string()});
    there.change("INSERT INTO act VALUES (200, '12:30')");
    REQUIRE(process.wait_for("separates the parts of a key"));
    there.change("INSERT INTO act VALUES (201, 2), (202, '0:1')");
    CHECK(eventually([&] { return !there.cached("2"); }));
    CHECK(process.wait_for("\"settled\""));
    CHECK(process.running());
    process.signal(SIGTERM);
    CHECK(process.stop() == 130);
}

TEST_CASE("an audit log that cannot be written now is no end of following", "[follow]") {
    const Followed there;
    const std::filesystem::path log = there.folder.path() / "audit.jsonl";
    Process process = there.begin({"--state", there.state.string(), "--audit-log", log.string()});
    REQUIRE(eventually([&] { return std::filesystem::exists(there.state); }));
    std::filesystem::remove(log);
    std::filesystem::create_directory(log);
    there.change("INSERT INTO act VALUES (30, 1)");
    REQUIRE(process.wait_for("audit.jsonl"));
    CHECK(process.running());
    std::filesystem::remove(log);
    CHECK(process.wait_for("\"moved\""));
    CHECK_FALSE(there.cached("1"));
    process.signal(SIGTERM);
    CHECK(process.stop() == 130);
}

TEST_CASE("who follows for nobody has not done what was asked", "[follow][pipes]") {
    const Followed there;
    const auto headed = [&](const std::vector<std::string>& more) {
        auto words = there.command(more);
        *(std::find(words.begin(), words.end(), "--settle") + 1) = "400ms";
        std::string line = "'" + program() + "'";
        for (const std::string& word : words)
            line += " '" + word + "'";
        return run({"bash", "-c", line + " | head -n 1; echo \"exit ${PIPESTATUS[0]}\""});
    };
    // Two lines at once, of which head reads the first and goes, and two more a while later.
    const Finished finished = headed({"--invalidate-first"});
    INFO(finished.out << finished.err);
    CHECK(finished.out.ends_with("\nexit 5\n"));
    CHECK(finished.err.find("nobody reads what follow prints any more") != std::string::npos);

    INFO("a single poll does all that it has to do, whether that is read or not");
    const Finished once = headed({"--invalidate-first", "--once"});
    CHECK(once.out.ends_with("\nexit 0\n"));
    there.fill();
    const Finished kept = headed({"--invalidate-first", "--once", "--state", there.state.string()});
    CHECK(kept.out.ends_with("\nexit 0\n"));
    CHECK(there.once().out.empty());
}
