#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr long k_many_keys = 300'000;

/// A command over many keys with its standard output in a file, interrupted once the server has walked a bit.
struct Interrupted {
    int exit_code = -1;
    std::string out, err;

    explicit Interrupted(const std::string& command) {
        const RedisServer redis({"--enable-debug-command", "yes"});
        redis.cli({"debug", "populate", std::to_string(k_many_keys), "cache:t:invoices_list"});
        const TempDir folder;
        const auto answer = folder.path() / "answer";
        Process process(
            {"sh", "-c",
             "exec '" + program() + "' " + command + " -u " + redis.unix_url() + " > " + answer.string()});
        REQUIRE(eventually(
            [&] {
                return redis.cli({"info", "commandstats"}).find("cmdstat_scan:") != std::string::npos;
            },
            std::chrono::seconds(60)));
        process.signal(SIGINT);
        REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
        err = process.log();
        exit_code = process.stop();
        std::ostringstream text;
        text << std::ifstream(answer).rdbuf();
        out = text.str();
    }
};

} // namespace

TEST_CASE("keys that is interrupted is exit 130, and every line it wrote is whole", "[interrupt]") {
    const Interrupted keys("keys -l --max-pause 20us -o ndjson");
    INFO(keys.err);
    CHECK(keys.exit_code == 130);
    CHECK(lines_in(keys.out) < k_many_keys);
    std::istringstream lines(keys.out);
    for (std::string line; std::getline(lines, line);)
        REQUIRE(json::accept(line));
    CHECK((keys.out.empty() || keys.out.back() == '\n'));
}

TEST_CASE("stats that is interrupted is exit 130, and says that it is not complete", "[interrupt]") {
    const Interrupted stats("stats --max-pause 20us -o json");
    INFO(stats.err);
    CHECK(stats.exit_code == 130);
    const json reported = json::parse(stats.out);
    CHECK(reported.at("complete") == false);
    CHECK(reported.at("keys") < k_many_keys);
    CHECK(reported.at("server").at("keys") == k_many_keys);
    CHECK(stats.err.find("roacache: note: interrupted: ") != std::string::npos);
}

TEST_CASE("what is interrupted while its server is silent does not wait for it, and is exit 130",
          "[interrupt]") {
    RedisServer redis;
    kill(redis.pid(), SIGSTOP);
    std::vector<Process> waiting;
    for (const auto& [name, command] : served_commands()) {
        std::vector<std::string> argv = command;
        argv.insert(argv.begin(), program());
        argv.insert(argv.end(), {"-u", redis.url(), "-v", "--timeout", "300s"});
        waiting.emplace_back(argv);
    }
    for (Process& process : waiting) {
        REQUIRE(process.wait_for("roacache: setting: url: "));
        process.signal(SIGINT);
    }
    for (Process& process : waiting) {
        REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
        const std::string log = process.log();
        INFO(log);
        CHECK(log.find("roacache: cannot ") != std::string::npos);
        CHECK(log.find(": interrupted") != std::string::npos);
        CHECK(process.stop() == 130);
    }
    kill(redis.pid(), SIGCONT);
}

TEST_CASE("inspect that is interrupted is exit 130, and its document is whole", "[interrupt]") {
    const Interrupted inspect("inspect -t t -o json");
    INFO(inspect.err);
    CHECK(inspect.exit_code == 130);
    const json reported = json::parse(inspect.out);
    CHECK(reported.at("entries").size() < k_many_keys);
}
