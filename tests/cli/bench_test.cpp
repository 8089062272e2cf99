#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

const std::vector<std::string> k_demo{"bench", "--demo", "--rows", "2000"};

std::vector<std::string> with(std::vector<std::string> arguments, std::initializer_list<std::string> more) {
    arguments.insert(arguments.end(), more);
    return arguments;
}

std::string slurp(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// The ledger is made once for all tests of a run.
RunOptions with_cache_folder() {
    static const TempDir k_folder;
    RunOptions options;
    options.env["XDG_CACHE_HOME"] = k_folder.path().string();
    return options;
}

/// A demo whose blocks have begun.
Process measured_demo(const std::string& duration) {
    RunOptions options = with_cache_folder();
    options.pty = true; // the progress line says when the blocks run
    Process bench({program(), "bench", "--demo", "--rows", "2000", "-z", duration}, options);
    REQUIRE(bench.wait_for("uncached  block "));
    return bench;
}

pid_t only_child(const Process& parent) {
    const std::string pid = std::to_string(parent.pid());
    const std::string children = slurp("/proc/" + pid + "/task/" + pid + "/children");
    REQUIRE_FALSE(children.empty());
    return std::stoi(children);
}

} // namespace

TEST_CASE("what would spoil a run is found before it starts", "[bench]") {
    struct Case {
        std::vector<std::string> arguments;
        int exit_code;
        std::string message;
    };
    const std::string url = "http://127.0.0.1:1/";
    const std::vector<std::string> header{"--uncached-header", "Cache-Control: no-cache"};
    const auto bench = [&](std::vector<std::string> more) {
        more.insert(more.begin(), "bench");
        more.insert(more.end(), header.begin(), header.end());
        return more;
    };
    const Case cases[] = {
        {bench({url}), 3, "roacache: cannot connect: 127.0.0.1:1: connection refused\n"},
        {bench({"http://no-such-host.invalid/"}), 3, "roacache: cannot resolve: no-such-host.invalid: "},
        {bench({"http://"}), 2, "roacache: bad URL: "},
        {bench({"redis://127.0.0.1/"}), 2, "roacache: bad URL: "},
        {bench({url, "--spin", "-c", "2"}), 2, "roacache: usage: bench: --spin is for one connection\n"},
        {bench({url, "--report", "/nonexistent/report.md"}), 2,
         "roacache: cannot write: /nonexistent/report.md: no such file or "
         "directory\n"},
        {bench({url, "--report", "/"}), 2, "roacache: cannot write: /: is a directory\n"},
        {bench({url, "--json", "/proc/version/x"}), 2,
         "roacache: cannot write: /proc/version/x: not a directory\n"},
        {bench({url, "--assert", "speed >= 9000"}), 2, "roacache: bad assert: "},
        {bench({url, "--assert", "hit_rate >= 90%"}), 2, "roacache: "},
        {bench({url, "--assert", "cached.p99 <= 20ms"}), 2,
         "roacache: assert cannot be answered: cached.p99 <= 20ms: that quantile needs 5,000 requests an "
         "arm, "
         "1,000 are planned\nMake as many: -n 5000.\n"},
        {bench({url, "--blocks", "9", "--assert", "mean_reduction >= 60%"}), 2,
         "roacache: assert cannot be answered: mean_reduction >= 60%: fewer than 10 blocks "},
        {bench({url, "-z", "5"}), 2, "roacache: usage: -z: '5': not a duration\n"},
        {bench({url, "--rate", "0"}), 2, "roacache: --rate: '0': "},
        {bench({url, "--rate", "fast"}), 2, "roacache: --rate: 'fast': "},
        {bench({url, "--rate", "nan"}), 2, "roacache: --rate: 'nan': "},
        {bench({url, "--rate", "1", "-z", "2s", "--both-loops=5"}), 2,
         "roacache: nothing to measure: at 1 requests a second none is due for each arm and URL within 2.00 "
         "s, "
         "of which "
         "each loop has half\n"},
        {bench({url, "--rate", "9", "--both-loops=0"}), 2, "roacache: usage: "},
        {bench({url, "--both-loops"}), 2, "roacache: usage: bench: --both-loops belongs to --rate\n"},
        {bench({url, "--rate", "9", "--assert", "total_time_reduction >= 1%"}), 2,
         "roacache: assert cannot be answered: total_time_reduction >= 1%: at a rate the schedule settles "
         "how "
         "long both arms take\n"},
        {bench({url, "-j", "0"}), 2, "roacache: usage: "},
        {bench({url, "-j", "257"}), 2, "roacache: usage: "},
        {bench({url, "--streams", "2"}), 2, "roacache: usage: bench: --streams belongs to --http2\n"},
        {bench({"--demo", "--http2"}), 2, "roacache: usage: bench: --http2 does not go with --demo\n"},
        {bench({url, "--http2", "-H", "Connection: close"}), 2,
         "roacache: bad header: Connection: there is none in HTTP/2\n"},
        {bench({url, "-A", "nobody"}), 2, "roacache: -A: "},
        {bench({url, "-H", "no header"}), 2, "roacache: -H: "},
        {bench({url, "-d", "@/nonexistent"}), 2, "roacache: cannot read: /nonexistent: "},
        {bench({"https://127.0.0.1:1/", "--cacert", "/nonexistent"}), 2, "roacache: "},
        {{"bench", url}, 2, "roacache: usage: bench: nothing says how an uncached answer is made\n"},
        {{"bench"}, 2, "roacache: usage: bench: no URL to measure\n"},
        {bench({url, "--single"}), 2, "roacache: usage: bench: --single has no uncached arm\n"},
        {{"bench", url, url, "--uncached-url", url},
         2,
         "roacache: usage: bench: 2 URLs but 1 --uncached-url\n"},
        {bench({url, "-p", "roaweb"}), 2, "roacache: "},
        {bench({url, "-o", "prometheus"}), 2,
         "roacache: --output: 'prometheus': not a format of this command\n"},
    };
    for (const Case& one : cases) {
        const Finished finished = run_roacache(one.arguments);
        INFO(finished.err);
        CHECK(finished.exit_code == one.exit_code);
        CHECK(finished.out.empty());
        CHECK(finished.err.find(one.message) == 0);
        CHECK(lines_in(finished.err) <= 2);
    }
}

TEST_CASE("the reference service's cache pays, is proven and answers the same", "[bench]") {
    const TempDir folder;
    const auto file = [&](const char* name) { return (folder.path() / name).string(); };
    const Finished finished =
        run_roacache(with(k_demo, {"-n", "60", "--blocks", "6", "--report", file("REPORT.md"), "--json",
                                   file("r.json"), "--assert", "errors == 0", "--assert", "hit_rate >= 90%"}),
                     with_cache_folder());
    INFO(finished.out + finished.err);
    CHECK(finished.exit_code == 0);
    const json result = json::parse(slurp(file("r.json")));
    CHECK(result.at("schema") == "roacache.bench/1");
    CHECK(result.at("verdict") == "pass");
    CHECK(result.at("plan").at("timeout_ms") == 60'000);
    const json& cached = result.at("arms").at("cached");
    CHECK(cached.at("requests") == cached.at("proven_hits"));
    CHECK(cached.at("proven_misses") == 0);
    CHECK(result.at("comparison").at("mean").at("ratio").get<double>() < 1);
    for (const json& endpoint : result.at("endpoints"))
        CHECK(endpoint.at("equality").at("mismatches").empty());
    for (const char* name :
         {"REPORT.latency.light.svg", "REPORT.latency.dark.svg", "REPORT.percentiles.light.svg",
          "REPORT.percentiles.dark.svg", "REPORT.timeline.light.svg", "REPORT.timeline.dark.svg"})
        CHECK(slurp(file(name)).find("<svg") != std::string::npos);
    const std::string report = slurp(file("REPORT.md"));
    CHECK(report.find("REPORT.latency.light.svg") != std::string::npos);
    CHECK(report.find("roacache bench --demo") != std::string::npos);
}

TEST_CASE("a run says on how many threads it was made", "[bench]") {
    const TempDir folder;
    const std::string saved = (folder.path() / "r.json").string();
    const auto on = [&](const std::string& threads) {
        return run_roacache(
            with(k_demo, {"-n", "20", "--blocks", "10", "-c", "4", "-j", threads, "--json", saved}),
            with_cache_folder());
    };
    const Finished two = on("2");
    INFO(two.err);
    CHECK(two.out.find("4 connections on 2 threads, each") != std::string::npos);
    CHECK(json::parse(slurp(saved)).at("plan").at("threads") == 2);
    const Finished again = run_roacache({"bench", "merge", saved, "-o", "json"});
    CHECK(json::parse(again.out).at("plan").at("threads") == 2);

    const Finished many = on("16");
    const json run = json::parse(slurp(saved));
    CHECK(run.at("plan").at("threads") == 4);
    CHECK(run.at("notes").dump().find("by 4 threads instead of 16, for there are 4 connections") !=
          std::string::npos);
}

TEST_CASE("every format of a run goes to stdout alone", "[bench]") {
    const auto run_as = [&](const char* format) {
        const Finished finished =
            run_roacache(with(k_demo, {"-n", "10", "--blocks", "2", "-o", format}), with_cache_folder());
        INFO(finished.err);
        CHECK((finished.exit_code == 0 || finished.exit_code == 1 || finished.exit_code == 6));
        return finished.out;
    };
    CHECK(json::parse(run_as("json")).at("schema") == "roacache.bench/1");
    const std::string line = run_as("ndjson");
    CHECK(lines_in(line) == 1);
    CHECK(json::parse(line).at("schema") == "roacache.bench/1");
    CHECK(run_as("csv").find("endpoint") != std::string::npos);
    CHECK(run_as("markdown").find('#') != std::string::npos);
    CHECK(run_as("table").find('\x1b') == std::string::npos);
}

TEST_CASE("an assert that fails makes the run fail, and a secret stays out of "
          "everything written",
          "[bench]") {
    const TempDir folder;
    const auto file = [&](const char* name) { return (folder.path() / name).string(); };
    const Finished finished =
        run_roacache(with(k_demo, {"-n", "100", "--blocks", "10", "--report", file("r.md"), "--json",
                                   file("r.json"), "-A", "me:hunter2", "-H", "X-Api-Key: hunter3", "-C",
                                   "session=hunter4", "--assert", "hit_rate <= 10%", "-v"}),
                     with_cache_folder());
    INFO(finished.out + finished.err);
    CHECK(finished.exit_code == 1);
    const std::string everything = finished.out + finished.err + slurp(file("r.md")) + slurp(file("r.json"));
    CHECK(everything.find("hunter") == std::string::npos);
    CHECK(everything.find("-A '***'") != std::string::npos);
}

TEST_CASE("where the kernel or a sandbox refuses epoll_pwait2, the load is made all the same", "[bench]") {
    PythonServer server("tests/bench/odd_server.py");
    for (const char* by : {"EPERM", "ENOSYS"})
        for (const std::vector<std::string>& load :
             {std::vector<std::string>{"-c", "1"}, {"-c", "8", "-j", "2"}, {"--rate", "500"}}) {
            RunOptions options;
            const TempDir folder;
            preload(options, folder, "refused_epoll");
            options.env["REFUSED_BY"] = by;
            std::vector<std::string> arguments{
                "bench", "--single", server.url("/ok"), "-n", "60", "--timeout", "2s", "-o", "json"};
            arguments.insert(arguments.end(), load.begin(), load.end());
            const Finished finished = run_roacache(arguments, options);
            INFO(by << ' ' << load.front() << ": " << finished.err);
            CHECK(finished.exit_code == 0);
            const json arm = json::parse(finished.out).at("arms").at("single");
            CHECK(arm.at("requests") == 60);
            CHECK(arm.at("errors").empty());
        }
}

TEST_CASE("Ctrl-C ends within a second with a report that is marked as partial", "[bench]") {
    const TempDir folder;
    const auto file = [&](const char* name) { return (folder.path() / name).string(); };
    RunOptions options = with_cache_folder();
    options.pty = true; // the progress line says when the blocks run
    Process bench({program(), "bench", "--demo", "--rows", "2000", "-z", "100s", "--report", file("r.md"),
                   "--json", file("r.json")},
                  options);
    REQUIRE(bench.wait_for("  block 3/")); // each arm has had one
    const auto asked = std::chrono::steady_clock::now();
    bench.signal(SIGINT);
    REQUIRE(eventually([&] { return !bench.running(); }));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - asked;
    CHECK(bench.stop() == 130);
    CHECK(took.count() < 5); // a second on a quiet machine; sanitizers and neighbours slow it
    CHECK(json::parse(slurp(file("r.json"))).at("partial") == true);
    CHECK(json::parse(slurp(file("r.json"))).at("arms").at("cached").at("requests") > 0);
    CHECK(slurp(file("r.md")).find("Partial run") != std::string::npos);
}

TEST_CASE("a demo that is killed leaves no service behind", "[bench]") {
    Process bench = measured_demo("100s");
    const std::string folder = "/proc/" + std::to_string(only_child(bench));
    CHECK(std::filesystem::exists(folder));
    bench.kill();
    CHECK(eventually([&] { return !std::filesystem::exists(folder); }));
}

TEST_CASE("a demo whose service is killed reports what was measured until then", "[bench]") {
    Process bench = measured_demo("10s");
    kill(only_child(bench), SIGKILL);
    REQUIRE(eventually([&] { return !bench.running(); }));
    CHECK(bench.log().find("Before the end of the run the reference service has ended.") !=
          std::string::npos);
    CHECK(bench.stop() == 1);
}

TEST_CASE("hooks switch the service over before each block", "[bench]") {
    PythonServer server("tests/bench/odd_server.py");
    const TempDir folder;
    const std::string log = folder.path() / "hooks";
    const auto hook = [&](const char* way) {
        return "echo " + std::string(way) + " >> '" + log + "' && curl -fsS " + server.url("/switch/") + way;
    };
    const Finished finished =
        run_roacache({"bench", server.url("/switch"), "--hook-uncached", hook("off"), "--hook-cached",
                      hook("on"), "--hit-header", "X-Cache: HIT", "-n", "40", "--blocks", "4", "-o", "json"});
    const json arms = json::parse(finished.out).at("arms");
    CHECK(arms.at("cached").at("proven_hits") == 40);
    CHECK(arms.at("uncached").at("proven_hits") == 0);
    const std::string switched = slurp(log);
    CHECK(switched.ends_with("on\n"));
    CHECK(lines_in(switched) >= 2 + 2 * 4);
    CHECK(lines_in(switched) <= 2 + 2 * 4 + 1);

    const Finished failed = run_roacache({"bench", server.url("/switch"), "--hook-uncached",
                                          "echo cannot switch; exit 7", "--hook-cached", "true"});
    CHECK(failed.exit_code == 2);
    CHECK(failed.out.empty());
    CHECK(failed.err.find("roacache: the hook before the uncached arm failed: ") == 0);
    CHECK(failed.err.find("exit 7\nIt printed: cannot switch") != std::string::npos);
    CHECK(run_roacache({"bench", server.url("/switch"), "--hook-cached", "true"}).exit_code == 2);
}

TEST_CASE("a run is held against an earlier one, and what got worse fails it", "[bench]") {
    PythonServer server("tests/bench/odd_server.py");
    const TempDir folder;
    const std::string quick = folder.path() / "quick.json", slow = folder.path() / "slow.json";
    const auto bench = [&](const std::string& path, std::vector<std::string> more) {
        more.insert(more.begin(), {"bench", "--single", server.url(path), "-n", "40", "--blocks", "10"});
        return run_roacache(more);
    };
    const char* const path = "/slowly-if-off";
    REQUIRE(bench(path, {"--json", quick}).exit_code == 0);
    const Finished same = bench(path, {"--baseline", quick, "--tolerance", "10000%", "-o", "json"});
    CHECK(same.exit_code == 0);
    CHECK(json::parse(same.out).at("baseline").at("regressions").empty());

    const std::string junit = folder.path() / "verdict.xml", summary = folder.path() / "summary.md";
    REQUIRE(bench("/switch/off", {}).exit_code == 0);
    const Finished worse =
        bench(path, {"--baseline", quick, "--json", slow, "--junit", junit, "--github-summary=" + summary});
    CHECK(worse.exit_code == 1);
    CHECK(worse.out.find("worse than in") != std::string::npos);
    CHECK(slurp(junit).find("<failure message=") != std::string::npos);
    CHECK(slurp(summary).find("## Against") != std::string::npos);

    CHECK(run_roacache({"bench", "compare", quick, slow}).exit_code == 1);
    CHECK(run_roacache({"bench", "compare", slow, quick}).exit_code == 0);
    CHECK(run_roacache({"bench", "merge", quick, slow, "-o", "json"}).exit_code == 0);
    CHECK(run_roacache({"bench", "merge", quick, "-n", "5"}).exit_code == 2);
    CHECK(run_roacache({"bench", "compare", quick, junit}).exit_code == 2);
    const Finished alone = run_roacache({"bench", "compare", quick});
    CHECK(alone.exit_code == 2);
    CHECK(alone.err.find("roacache bench compare --help") != std::string::npos);
    CHECK(bench(path, {"--baseline", "/nonexistent"}).exit_code == 2);
    CHECK(bench(path, {"--tolerance", "much"}).exit_code == 2);
    CHECK(bench(path, {"--tolerance", "5"}).exit_code == 2);

    INFO("what cannot be compared is refused");
    const Finished other = bench("/ok", {"--baseline", quick});
    CHECK(other.exit_code == 2);
    CHECK(other.err.find("it asked for /slowly-if-off instead of /ok") != std::string::npos);
    const std::string ok = (folder.path() / "ok.json").string();
    CHECK(bench("/ok", {"--json", ok}).exit_code == 0);
    CHECK(run_roacache({"bench", "merge", quick, ok}).exit_code == 2);
    CHECK(run_roacache({"bench", "compare", quick, ok}).exit_code == 2);
    for (const char* blocks : {"1", "9"}) {
        const Finished few = run_roacache(
            {"bench", "--single", server.url(path), "-n", "40", "--blocks", blocks, "--baseline", quick});
        CHECK(few.exit_code == 2);
        CHECK(few.err.find("the run has fewer than 10 blocks") != std::string::npos);
    }
    CHECK(
        run_roacache({"bench", server.url(path), "--uncached-query", "a=b", "--baseline", quick}).exit_code ==
        2);
}

TEST_CASE("a Redis that is killed halfway costs misses, never the run", "[bench]") {
    RedisServer redis;
    RunOptions options = with_cache_folder();
    options.pty = true;
    const TempDir folder;
    const std::string figures = (folder.path() / "r.json").string();
    Process bench({program(), "bench", "--demo", "--rows", "2000", "-z", "6s", "--blocks", "10",
                   "--cache-url", redis.url(), "--json", figures},
                  options);
    REQUIRE(bench.wait_for("cached  block "));
    CHECK(redis.cli({"dbsize"}) != "0");
    redis.kill();
    REQUIRE(eventually([&] { return !bench.running(); }, std::chrono::seconds(100)));
    const int code = bench.stop();
    INFO(bench.log());
    CHECK((code == 0 || code == 1 || code == 6));
    const json result = json::parse(slurp(figures));
    const json& cached = result.at("arms").at("cached");
    CHECK(cached.at("requests") ==
          cached.at("proven_hits").get<int>() + cached.at("proven_misses").get<int>() + [&] {
              int n = 0;
              for (const auto& [name, count] : cached.at("errors").items())
                  n += count.get<int>();
              return n;
          }());
}
