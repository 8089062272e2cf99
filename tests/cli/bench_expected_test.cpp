// What becomes of a run whose answers are not those that were expected.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace roacache::test;
using nlohmann::json;

namespace {

using Arguments = std::vector<std::string>;

const Arguments k_hundred{"-n", "100", "--blocks", "10", "-c", "2", "--warmup", "0", "-q", "-o", "json"};

Finished bench_hundred(const std::string& url, const Arguments& more) {
    Arguments all{"bench", url};
    all.insert(all.end(), k_hundred.begin(), k_hundred.end());
    all.insert(all.end(), more.begin(), more.end());
    return run_roacache(all);
}

const Arguments k_past_the_cache{"--uncached-header", "Cache-Control: no-cache", "--hit-header",
                                 "X-Cache: HIT"};

Arguments against_bypass(const Arguments& more) {
    Arguments all = k_past_the_cache;
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

bool gives_reason(const json& run, const std::string& text) {
    for (const json& reason : run.at("reasons"))
        if (reason.get<std::string>().find(text) != std::string::npos) return true;
    return false;
}

} // namespace

TEST_CASE("answers of a status that is not expected fail the run, whatever is asserted", "[bench][expect]") {
    PythonServer server("tests/bench/odd_server.py");
    for (const std::string status : {"301", "302", "401", "404", "429", "500", "503"})
        for (const std::string good : {"1", "40"}) {
            const Finished finished =
                bench_hundred(server.url("/turns/" + status + "/" + good),
                              against_bypass({"--assert", "hit_rate >= 10%", "--no-compare"}));
            INFO(status << " after " << good << ": " << finished.out.substr(0, 600) << finished.err);
            CHECK(finished.exit_code == 1);
            const json run = json::parse(finished.out);
            CHECK(gives_reason(run, " of the 100 requests of the cached arm failed: "));
            CHECK(gives_reason(run, " × " + status + " (from "));
            const json& unexpected = run.at("arms").at("cached").at("unexpected_statuses");
            REQUIRE(unexpected.size() == 1);
            CHECK(unexpected[0].at("status") == std::stoi(status));
            CHECK(unexpected[0].at("count") == run.at("arms").at("cached").at("statuses").at(status));
            CHECK(unexpected[0].at("since_s").get<double>() >= 0);
            CHECK(run.at("arms").at("uncached").at("unexpected_statuses").empty());
            CHECK(run.at("arms").at("cached").at("errors").at("http_" + status.substr(0, 1) + "xx") ==
                  unexpected[0].at("count"));
        }
}

TEST_CASE("the moment from which answers turned is told", "[bench][expect]") {
    PythonServer server("tests/bench/odd_server.py");
    const Finished finished =
        bench_hundred(server.url("/turns/401/50"), against_bypass({"--assert", "hit_rate >= 10%"}));
    INFO(finished.err);
    const json run = json::parse(finished.out);
    double turned = -1, last_good = -1;
    for (const json& block : run.at("blocks")) {
        if (block.at("arm") != "cached") continue;
        const json& statuses = block.at("endpoints")[0].at("statuses");
        if (statuses.contains("401") && turned < 0) turned = block.at("started_s");
        if (!statuses.contains("401")) last_good = block.at("started_s");
    }
    const double since = run.at("arms").at("cached").at("unexpected_statuses")[0].at("since_s");
    CHECK(since >= turned);
    CHECK(since > last_good);
}

TEST_CASE("an assert that speaks of errors says how many there may be", "[bench][expect]") {
    PythonServer server("tests/bench/odd_server.py");
    const struct {
        const char* expr;
        int exit_code;
    } asserts[] = {{"errors <= 1000", 0},          {"error_rate <= 100%", 0},   {"cached.errors <= 1000", 0},
                   {"uncached.errors <= 1000", 1}, {"cached.requests >= 1", 1}, {"errors == 0", 1},
                   {"error_rate <= 1%", 1}};
    unsigned number = 0; // each has its own turns
    for (const auto& [expr, exit_code] : asserts) {
        const Finished finished = bench_hundred(server.url("/turns/503/40?" + std::to_string(number++)),
                                                against_bypass({"--assert", expr, "--no-compare"}));
        INFO(expr << ": " << finished.out.substr(0, 400) << finished.err);
        CHECK(finished.exit_code == exit_code);
    }
}

TEST_CASE("a load test of one arm fails by its errors too", "[bench][expect]") {
    PythonServer server("tests/bench/odd_server.py");
    for (const char* path : {"/redirect", "/404", "/503", "/304", "/204", "/ok", "/reset"}) {
        const bool good =
            std::string(path) == "/304" || std::string(path) == "/204" || std::string(path) == "/ok";
        const Finished finished = bench_hundred(server.url(path), {"--single"});
        INFO(path << ": " << finished.out.substr(0, 400) << finished.err);
        CHECK(finished.exit_code == (good ? 0 : 1));
    }
}

TEST_CASE("the system's own reason for connections that fail is told", "[bench][expect]") {
    PythonServer server("tests/bench/odd_server.py");
    const Finished reset = bench_hundred(server.url("/reset"), {"--single"});
    INFO(reset.out.substr(0, 400) << reset.err);
    CHECK(reset.exit_code == 1);
    const json run = json::parse(reset.out);
    CHECK(run.at("arms").at("single").at("system_errors") == json{{"ECONNRESET", 100}});
    CHECK(gives_reason(run, "100 × closed; the system's reasons: 100 × ECONNRESET"));

    const Finished gone = bench_hundred(server.url("/exit"), {"--single"});
    INFO(gone.out.substr(0, 400) << gone.err);
    CHECK(gone.exit_code == 1);
    CHECK(gives_reason(json::parse(gone.out), " × ECONNREFUSED"));
}

TEST_CASE("the statuses of good answers can be said", "[bench][expect]") {
    PythonServer server("tests/bench/odd_server.py");
    CHECK(bench_hundred(server.url("/404"), {"--single", "--expect", "404"}).exit_code == 0);
    CHECK(bench_hundred(server.url("/redirect"), {"--single", "--expect=200,300-399"}).exit_code == 0);
    const Finished refused = bench_hundred(server.url("/ok"), {"--single", "--expect", "404"});
    INFO(refused.out.substr(0, 400));
    CHECK(refused.exit_code == 1);
    CHECK(gives_reason(json::parse(refused.out),
                       "100 of the 100 requests of the single arm failed: 100 × 200 (from "));
    CHECK(json::parse(refused.out).at("plan").at("expect") == "404");

    const TempDir folder;
    const auto suite = folder.path() / "suite.toml";
    std::ofstream(suite) << ("expect = \"302\"\n[[endpoints]]\nname = \"login\"\nurl = \"" +
                             server.url("/redirect") + "\"\nuncached_header = [\"A: b\"]\n");
    const auto of_suite = [&](const Arguments& more) {
        Arguments all{"bench", "--suite", suite.string(), "--assert", "hit_rate >= 0%"};
        all.insert(all.end(), k_hundred.begin(), k_hundred.end());
        all.insert(all.end(), more.begin(), more.end());
        return json::parse(run_roacache(all).out).at("arms").at("cached").at("errors");
    };
    CHECK(of_suite({"--hit-header", "X: y"}).empty());
    CHECK(of_suite({"--hit-header", "X: y", "--expect", "200"}).at("http_3xx") == 100);

    for (const char* bad : {"", "2xx", "199", "600", "299-200", "200;304", "ok"}) {
        const Finished finished =
            bench_hundred(server.url("/ok"), {"--single", std::string("--expect=") + bad});
        INFO(bad << ": " << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find("--expect: ") != std::string::npos);
    }
}
