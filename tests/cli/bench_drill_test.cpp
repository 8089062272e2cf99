// A service whose cache is stopped and comes back: bench --drill.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A redis-server that shell commands stop and start, always on one port, and the service before it.
struct DrilledService {
    DrilledService() {
        // The port is one that a server has just bound, and gives back.
        port = std::to_string(RedisServer().port());
        const std::string start = "redis-server --port " + port +
                                  " --bind 127.0.0.1 --save '' --daemonize yes --dir " +
                                  folder.path().string() + " --pidfile " + pid_file() + " >/dev/null";
        const std::string cli = "redis-cli -p " + port;
        up = start + "; until " + cli + " ping >/dev/null 2>&1; do :; done; echo up >> " + log();
        down = cli + " shutdown nosave; echo down >> " + log();
        REQUIRE(run({"sh", "-c", up}).exit_code == 0);
        service =
            std::make_unique<PythonServer>("tests/cli/drilled_service.py", std::vector<std::string>{port});
    }
    ~DrilledService() { run({"sh", "-c", "redis-cli -p " + port + " shutdown nosave"}); }
    DrilledService(const DrilledService&) = delete;
    DrilledService& operator=(const DrilledService&) = delete;

    std::string log() const { return (folder.path() / "log").string(); }
    std::string pid_file() const { return (folder.path() / "pid").string(); }
    /// What the commands did, since the service began.
    std::string done() const {
        std::ostringstream text;
        text << std::ifstream(log()).rdbuf();
        return text.str();
    }
    bool cache_answers() const { return run({"redis-cli", "-p", port, "ping"}).out == "PONG\n"; }
    std::vector<std::string> arguments(const std::string& target, std::vector<std::string> more = {}) const {
        more.insert(more.begin(),
                    {"bench", service->url(target), "--drill", "--cache-down", down, "--cache-up", up,
                     "--hit-header", "X-Cache: HIT", "-c", "2", "--blocks", "10"});
        return more;
    }

    TempDir folder;
    std::string port, up, down;
    std::unique_ptr<PythonServer> service;
};

const std::vector<std::string> k_asserts{"-n",       "200",
                                         "--assert", "down.errors == 0",
                                         "--assert", "up.hit_rate >= 90%",
                                         "--assert", "back.hit_rate >= 90%",
                                         "-o",       "json"};

} // namespace

TEST_CASE("a drill stops the cache, brings it back, and judges each phase", "[bench][drill]") {
    const DrilledService drilled;
    const Finished finished = run_roacache(drilled.arguments("/report", k_asserts));
    INFO(finished.err << finished.out.substr(0, 2500));
    REQUIRE(finished.exit_code == 0);
    const json run = json::parse(finished.out), &arms = run.at("arms");
    for (const char* phase : {"up", "down", "back"})
        CHECK(arms.at(phase).at("requests") == 200);
    CHECK(arms.at("down").at("proven_hits") == 0);
    CHECK(arms.at("back").at("proven_hits").get<int>() >= 190);
    std::string order;
    for (const json& block : run.at("blocks"))
        if (const std::string arm = block.at("arm"); order.empty() || !order.ends_with(arm))
            order += " " + arm;
    CHECK(order == " up down back");
    CHECK(drilled.done() == "up\ndown\nup\n");
    CHECK(drilled.cache_answers());
}

TEST_CASE("a service that fails without its cache, or never takes it up again, fails", "[bench][drill]") {
    const auto drill = [](const DrilledService& drilled, const std::string& target) {
        return run_roacache(drilled.arguments(target, {"-n", "100", "-o", "json"}));
    };
    const DrilledService drilled, other;
    const Finished frail = drill(drilled, "/report?frail=1");
    INFO(frail.err << frail.out.substr(0, 1500));
    CHECK(frail.exit_code == 1);
    CHECK(json::parse(frail.out).at("reasons").dump().find("requests of the down arm failed") !=
          std::string::npos);
    const Finished stubborn = drill(other, "/report?stubborn=1");
    CHECK(stubborn.exit_code == 1);
    CHECK(stubborn.out.find("The service did not take its cache up again") != std::string::npos);
    const Finished given_up = drill(other, "/report?stubborn=1");
    CHECK(given_up.exit_code == 1);
    CHECK(given_up.out.find("never hit, not even before its cache was stopped") != std::string::npos);
}

TEST_CASE("a drill whose cache was never away proves nothing", "[bench][drill]") {
    const DrilledService drilled;
    const auto drill = [&](const std::string& target, const std::string& down,
                           std::vector<std::string> more) {
        more.insert(more.begin(), {"-n", "100", "-o", "json"});
        auto arguments = drilled.arguments(target, more);
        *(std::find(arguments.begin(), arguments.end(), "--cache-down") + 1) = down;
        return run_roacache(arguments);
    };
    const std::string wrong = "redis-cli -p 1 shutdown nosave || true";
    for (const std::string& down : {wrong, std::string("true")})
        for (const std::vector<std::string>& asserts : std::vector<std::vector<std::string>>{
                 {}, {"--assert", "down.errors == 0"}, {"--assert", "back.hit_rate >= 80%"}}) {
            const Finished finished = drill("/report", down, asserts);
            INFO(down << finished.err << finished.out.substr(0, 1500));
            CHECK(finished.exit_code == 6);
            const json run = json::parse(finished.out);
            CHECK(run.at("verdict") == "inconclusive");
            CHECK(run.at("reasons").dump().find("Whether the cache was away is not known") !=
                  std::string::npos);
        }
    INFO("what is wanted of a fallback is judged instead, and a failure stays one");
    CHECK(drill("/report", "true", {"--assert", "down.hit_rate >= 90%"}).exit_code == 0);
    CHECK(drill("/report", "true", {"--assert", "down.hit_rate <= 10%"}).exit_code == 1);
    CHECK(drill("/report", "true", {"--assert", "down.errors >= 1"}).exit_code == 1);
    INFO("a fallback that hits");
    CHECK(drill("/report?fallback=1", drilled.down, {}).exit_code == 6);
    CHECK(drill("/report?fallback=1", drilled.down, {"--assert", "down.hit_rate >= 50%"}).exit_code == 0);
}

TEST_CASE("an interrupted drill brings the cache back", "[bench][drill]") {
    const DrilledService drilled;
    auto arguments = drilled.arguments("/report", {"-z", "60s", "-o", "json"});
    arguments.insert(arguments.begin(), program());
    for (const int number : {SIGINT, SIGTERM}) {
        std::filesystem::remove(drilled.log());
        // Its cache is stopped before the second phase, of which the service itself is the first to know.
        auto short_one = arguments;
        *std::find(short_one.begin(), short_one.end(), "60s") = "6s";
        Process bench(short_one);
        REQUIRE(eventually([&] { return drilled.done().find("down") != std::string::npos; }));
        bench.signal(number);
        CHECK(eventually([&] { return !bench.running(); }));
        INFO(bench.log());
        CHECK(bench.stop() == 130);
        CHECK(drilled.done().ends_with("down\nup\n"));
        CHECK(drilled.cache_answers());
    }
}

TEST_CASE("a hook of a drill that fails is told, and the cache is brought back", "[bench][drill]") {
    const DrilledService drilled;
    auto arguments = drilled.arguments("/report", {"-n", "60"});
    *(std::find(arguments.begin(), arguments.end(), "--cache-down") + 1) = "echo no such service; exit 3";
    const Finished finished = run_roacache(arguments);
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == 2);
    CHECK((finished.out + finished.err).find("the hook before the phase down failed") != std::string::npos);
    CHECK(drilled.done() == "up\nup\n");
}

TEST_CASE("the report of a drill has its phases side by side", "[bench][drill]") {
    const DrilledService drilled;
    const TempDir folder;
    const auto path = [&](const char* name) { return (folder.path() / name).string(); };
    const Finished finished =
        run_roacache(drilled.arguments("/report", {"-n", "60", "--report", path("r.md"), "--json",
                                                   path("r.json"), "--junit", path("r.xml")}));
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    CHECK(finished.out.find("while it is stopped (0 errors)") != std::string::npos);
    std::ostringstream report;
    report << std::ifstream(path("r.md")).rdbuf();
    CHECK(report.str().find("| up | down | back |") != std::string::npos);
    REQUIRE(run_roacache(drilled.arguments("/report", {"-n", "60", "--json", path("s.json")})).exit_code ==
            0);
    const Finished merged = run_roacache({"bench", "merge", path("r.json"), path("s.json"), "-o", "json"});
    INFO(merged.err);
    CHECK(merged.exit_code == 0);
    CHECK(json::parse(merged.out).at("arms").at("down").at("requests") == 120);
}

TEST_CASE("what a drill cannot be is refused", "[bench][drill]") {
    const auto refused = [](std::vector<std::string> more, const std::string& why) {
        more.insert(more.begin(), {"bench", "http://127.0.0.1:1/"});
        const Finished finished = run_roacache(more);
        INFO(finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find(why) != std::string::npos);
    };
    const std::vector<std::string> drill{"--drill", "--cache-down", "true", "--cache-up", "true"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), drill.begin(), drill.end());
        return more;
    };
    refused({"--drill", "--cache-down", "true"}, "--drill wants --cache-down and --cache-up");
    refused({"--cache-up", "true", "--single"}, "belong to --drill");
    refused(with({"--rate", "10"}), "--drill and --rate");
    refused(with({"--uncached-query", "a=1"}), "--single has no uncached arm");
    refused(with({"--assert", "mean_reduction >= 10%"}), "the run has the phases up, down and back");
    refused(with({"--assert", "single.mean <= 1s"}), "the run has the phases up, down and back");
    refused({"--uncached-query", "a=1", "--assert", "down.errors == 0"}, "or give --drill");
}
