#include "tests/cli/fields.hpp"
#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A line that is refused by nobody listening, a password that is wrong, a command line that is wrong: what
/// is added to a command, and what it then comes to.
struct Failure {
    std::vector<std::string> added;
    std::string outcome;
    int exit_code;
};

json answered(const Finished& finished) {
    INFO(finished.out << finished.err);
    REQUIRE(!finished.out.empty());
    return json::parse(finished.out);
}

void check_failure(const std::string& name, const Finished& finished, const Failure& failure) {
    INFO(name << ": " << finished.out << finished.err);
    CHECK(finished.exit_code == failure.exit_code);
    const json answer = answered(finished);
    CHECK(starts_with_schema(finished.out, name.substr(0, name.find(' '))));
    CHECK(answer.at("outcome") == failure.outcome);
    CHECK(answer.at("error").at("exit_code") == failure.exit_code);
    const std::string message = answer.at("error").at("message");
    CHECK(finished.err.find(message) != std::string::npos);
    CHECK(answer.at("error").contains("remedy"));
}

} // namespace

TEST_CASE("whoever asks for JSON gets one object for a failure too", "[answers]") {
    const RedisServer redis({"--requirepass", "right"});
    const std::string port = std::to_string(redis.port());
    const std::vector<Failure> failures{
        {{"-u", "redis://127.0.0.1:1/0"}, "unreachable", 3},
        {{"-u", "redis://:wrong@127.0.0.1:" + port}, "refused", 4},
        {{"-u", "nonsense://x"}, "usage", 2},
        {{"-u", "redis://127.0.0.1:1/0", "--no-such-option"}, "usage", 2},
        {{"-u", "redis://127.0.0.1:1/0", "--timeout", "soon"}, "usage", 2},
        {{"-u", "redis://127.0.0.1:1/0", "-p", "no-such-profile"}, "usage", 2}};
    for (const auto& [name, command] : served_commands())
        for (const Failure& failure : failures) {
            const bool asks_for_profile = name != "ping" && name != "stats --no-scan";
            if (!asks_for_profile && failure.added.back() == "no-such-profile") continue;
            for (const char* format : {"json", "ndjson"}) {
                std::vector<std::string> arguments = command;
                arguments.insert(arguments.end(), failure.added.begin(), failure.added.end());
                arguments.insert(arguments.end(), {"-o", format});
                check_failure(name, run_roacache(arguments), failure);
            }
        }
}

TEST_CASE("a format that is set in the environment or a file counts for failures too", "[answers]") {
    const TempDir folder;
    RunOptions options;
    options.cwd = folder.path();
    const std::vector<std::string> down{"ping", "-u", "redis://127.0.0.1:1"};
    CHECK(run_roacache(down, options).out.empty());
    std::ofstream(folder.path() / "roacache.toml") << "output = 'json'\n";
    CHECK(answered(run_roacache(down, options)).at("outcome") == "unreachable");
    std::filesystem::remove(folder.path() / "roacache.toml");
    options.env = {{"ROACACHE_OUTPUT", "json"}};
    CHECK(answered(run_roacache({"ping", "--nonsense"}, options)).at("outcome") == "usage");
}

TEST_CASE("every document names selector, store and profile, and states what came of it", "[answers]") {
    const RedisServer redis;
    const std::string url = "redis://user:opensesame@127.0.0.1:" + std::to_string(redis.port()) + "/0";
    redis.cli({"ACL", "SETUSER", "user", "on", ">opensesame", "~*", "+@all"});
    for (const auto& [name, command] : served_commands()) {
        fill_entries(redis);
        INFO(name);
        std::vector<std::string> arguments = command;
        arguments.insert(arguments.end(), {"-o", "json"});
        const Finished finished = run_at(url, arguments);
        const json answer = answered(finished);
        CHECK(answer.at("store").get<std::string>().find("redis://user:***@127.0.0.1") == 0);
        CHECK(answer.at("profile") == "roa2web");
        CHECK(answer.at("outcome") == (name == "invalidate --dry-run" ? "dry_run" : "done"));
        CHECK(answer.at("selector").is_null() == (name == "ping" || name == "stats --no-scan"));
        CHECK(!answer.contains("error"));
        CHECK((finished.out + finished.err).find("opensesame") == std::string::npos);
    }
    redis.cli({"FLUSHALL"});
    for (const std::vector<std::string>& command : {std::vector<std::string>{"keys", "-t", "t", "-q"},
                                                    {"keys", "-t", "t", "--count", "-q"},
                                                    {"inspect", "-t", "t", "-q"},
                                                    {"invalidate", "-t", "t", "-q"}}) {
        std::vector<std::string> arguments = command;
        arguments.insert(arguments.end(), {"-o", "json"});
        const json answer = answered(run_at(url, arguments));
        CHECK(answer.at("outcome") == "nothing_found");
        CHECK(answer.at("selector") == "tenant t");
    }
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"key", "x", "-o", "json"}, {"profile", "list", "-o", "json"}}) {
        const json answer = answered(run_roacache(command));
        CHECK(answer.at("outcome") == "done");
        CHECK(answer.at("store").is_null());
        CHECK(answer.at("profile") == "roa2web");
    }
}

TEST_CASE("a guard and a run that came to nothing are reported in every file that was asked for",
          "[answers]") {
    const RedisServer redis;
    fill_entries(redis);
    const json guarded =
        answered(run_at(redis.url(), {"invalidate", "-t", "t", "--max-keys", "1", "-o", "json"}));
    CHECK(guarded.at("outcome") == "refused");
    CHECK(guarded.at("error").at("exit_code") == 4);
    CHECK(guarded.at("selector") == "tenant t");
    CHECK(redis.cli({"DBSIZE"}) == "4");

    const TempDir folder;
    const auto content = [&](const std::string& file) {
        std::ifstream in(folder.path() / file);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    RunOptions options;
    options.cwd = folder.path();
    const Finished bench = run_roacache({"bench", "--single", "http://127.0.0.1:1/", "-n", "1", "-c", "1",
                                         "--junit", "result.xml", "--json", "result.json", "-o", "json"},
                                        options);
    CHECK(bench.exit_code == 3);
    CHECK(answered(bench).at("outcome") == "unreachable");
    CHECK(json::parse(content("result.json")).at("error").at("exit_code") == 3);
    const std::string junit = content("result.xml");
    CHECK(junit.find("errors=\"1\"") != std::string::npos);
    CHECK(junit.find("<error message=") != std::string::npos);
    CHECK(run({"/usr/bin/python3", "-c", "import sys, xml.dom.minidom as d; d.parse(sys.argv[1])",
               (folder.path() / "result.xml").string()})
              .exit_code == 0);

    // What is named as two kinds of file is neither overwritten with a failure.
    std::ofstream(folder.path() / "old.json") << "{}";
    run_roacache({"bench", "--single", "http://127.0.0.1:1/", "--baseline", "old.json", "--json", "old.json"},
                 options);
    CHECK(content("old.json") == "{}");
}
