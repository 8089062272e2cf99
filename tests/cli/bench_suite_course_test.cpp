// Suites that ask as two users (as), or run in phases (drill).

#include "src/core/file.hpp"
#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A suite over one endpoint, with what its folder holds.
class CourseSuite {
  public:
    explicit CourseSuite(std::string base) : base_(std::move(base)) {}

    void write(const std::string& name, const std::string& content) const {
        std::ofstream(folder.path() / name) << content;
    }
    Finished bench(const std::string& keys, const std::string& url, std::vector<std::string> more = {},
                   const RunOptions& options = {}) const {
        write("s.toml", "base_url = '" + base_ + "'\nrequests = 40\nconcurrency = 2\nblocks = 10\n" +
                            "hit_json = '/metadata/source=L1,L2'\nignore_json = ['/metadata/number']\n" +
                            "asserts = ['errors == 0']\n" + keys + "\n[[endpoints]]\nname = 'a'\nurl = '" +
                            url + "'\n");
        more.insert(more.begin(), {"bench", "--suite", (folder.path() / "s.toml").string(), "-o", "json"});
        return run_roacache(more, options);
    }

    TempDir folder;

  private:
    std::string base_;
};

const std::string k_past = "uncached_header = 'Cache-Control: no-cache'\n";

} // namespace

TEST_CASE("a suite asks as two users", "[bench][suite][users]") {
    const RedisServer redis;
    const PythonServer service("tests/cli/tiered_service.py", {std::to_string(redis.port())});
    const CourseSuite suite(service.url(""));
    suite.write("ana.token", "ana-token\n");
    suite.write("bob.token", "bob-token\n");
    RunOptions variables;
    variables.env = {{"ANA_TOKEN", "ana-token"}, {"BOB_TOKEN", "bob-token"}};
    const auto outcome = [&](const std::string& as, const std::string& url, int code,
                             const std::vector<std::string>& more = {}) {
        const Finished finished = suite.bench(k_past + as, url, more, variables);
        INFO(as << finished.err << finished.out.substr(0, 2000));
        CHECK(finished.exit_code == code);
        for (const char* secret : {"ana-token", "bob-token"})
            CHECK((finished.out + finished.err).find(secret) == std::string::npos);
        const json users = json::parse(finished.out).value("users", json::array());
        return users.empty() ? std::string("none") : users.at(0).at("outcome").get<std::string>();
    };
    for (const char* as : {"as = ['@ana.token', '@bob.token']", "as = ['${ANA_TOKEN}', '${BOB_TOKEN}']",
                           "as = ['${ANA_TOKEN}', '@bob.token']"}) {
        CHECK(outcome(as, "/shared", 1) == "crossed");
        CHECK(outcome(as, "/own", 0) == "own");
    }
    INFO("what is given on the command line goes before");
    suite.write("one", "one-token\n");
    suite.write("two", "two-token\n");
    CHECK(outcome("as = ['@nobody', '@nothing']", "/own", 0,
                  {"--as", (suite.folder.path() / "one").string(), "--as",
                   (suite.folder.path() / "two").string()}) == "own");
    CHECK(outcome("as = []", "/tiers", 0) == "none");
}

TEST_CASE("a suite that cannot ask as two users says where and why", "[bench][suite][users]") {
    const CourseSuite suite("http://127.0.0.1:1");
    suite.write("ana.token", "ana-token\n");
    suite.write("words", "two words\n");
    suite.write("empty", "\n");
    const auto refused = [&](const std::string& keys, const std::vector<std::string>& more = {}) {
        const Finished finished = suite.bench(k_past + keys, "/own", more);
        INFO(keys << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK((finished.out + finished.err).find("ana-token") == std::string::npos);
        return finished.err;
    };
    const auto has = [](const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    };
    CHECK(has(refused("as = ['@ana.token']"), "--as wants two users"));
    CHECK(has(refused("as = ['@ana.token', 'ana-token']"), "the same token"));
    for (const auto& [file, why] : {std::pair("@words", "it holds no token"),
                                    {"@empty", "it holds no token"},
                                    {"@none", "cannot read"},
                                    {"@../s.toml", "outside of the suite's folder"},
                                    {"two words", "it holds no token"},
                                    {"", "it holds no token"}}) {
        const std::string error = refused(std::string("as = ['@ana.token', '") + file + "']");
        CHECK(has(error, "bad suite: "));
        CHECK(has(error, ":9:21: "));
        CHECK(has(error, why));
    }
    CHECK(has(refused("as = 7"), "bad suite: "));
    CHECK(has(refused("as = ['@ana.token', 'b']\nhttp2 = true"), "--as and --http2"));
    CHECK(
        has(refused("as = ['@ana.token', 'b']\ndrill = true", {"--cache-down", "true", "--cache-up", "true"}),
            "--as and --drill"));

    INFO("tokens of a suite that others may write to go only where the user says");
    suite.write("s.toml", "");
    std::filesystem::permissions(suite.folder.path(), std::filesystem::perms::all);
    CHECK(has(refused("as = ['@ana.token', 'bob-token']"), "may not say where variables and headers go"));
}

TEST_CASE("a suite runs as a drill, whose commands the command line gives", "[bench][suite][drill]") {
    const PythonServer service("tests/cli/tiered_service.py");
    const CourseSuite suite(service.url(""));
    const std::string log = (suite.folder.path() / "log").string();
    const std::vector<std::string> commands{"--cache-down", "echo down >> " + log,
                                            "--cache-up",   "echo up >> " + log,
                                            "--assert",     "down.hit_rate >= 1%"}; // L1 stays
    const Finished finished =
        suite.bench("drill = true\n" + k_past, "/tiers", commands); // which a drill does not need
    INFO(finished.err << finished.out.substr(0, 2000));
    CHECK(finished.exit_code == 0);
    const json run = json::parse(finished.out);
    for (const char* phase : {"up", "down", "back"})
        CHECK(run.at("arms").at(phase).at("requests") == 40);
    CHECK(roacache::core::read_file(log) == "down\nup\n");

    for (const std::vector<std::string>& some : std::vector<std::vector<std::string>>{
             {}, {"--cache-down", "true"}, {"--cache-up", "true"}, {"--drill", "--cache-up", "true"}}) {
        const Finished refused = suite.bench("drill = true\n", "/tiers", some);
        INFO(refused.err);
        CHECK(refused.exit_code == 2);
        CHECK(refused.err.find("A suite runs no commands: give --cache-down CMD and --cache-up CMD.") !=
              std::string::npos);
    }
    std::vector<std::string> rated = commands;
    rated.insert(rated.end(), {"--rate", "10"});
    CHECK(suite.bench("drill = true\n", "/tiers", rated).exit_code == 2);
    CHECK(suite.bench("drill = true\nrate = 10\n", "/tiers", commands).exit_code == 2);
    CHECK(suite.bench("drill = false\n" + k_past, "/tiers", commands).err.find("belong to --drill") !=
          std::string::npos);
    CHECK(suite.bench("drill = 'yes'\n", "/tiers", commands).err.find("bad suite: ") != std::string::npos);
}
