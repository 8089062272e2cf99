#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A service that keeps its answers in a Redis of the test's own.
struct CachedByRedis {
    RedisServer redis;
    PythonServer service{"tests/cli/cached_by_redis.py", {std::to_string(redis.port())}};

    Finished bench(const std::string& query, std::vector<std::string> more) const {
        std::vector<std::string> arguments{
            "bench", service.url("/report?" + query), "-u", redis.url(), "-n", "40", "--blocks", "10"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_roacache(arguments);
    }
};

const std::vector<std::string> k_bypass{"--uncached-header", "Cache-Control: no-cache"};
const std::vector<std::string> k_proof{"--hit-header", "X-Cache: HIT"};
const std::vector<std::string> k_forced{"--uncached-by", "invalidate", "-t",
                                        "client-1",      "-r",         "dashboard_summary"};
const std::vector<std::string> k_json{"--assert", "errors == 0", "-o", "json"};

std::vector<std::string> together(std::initializer_list<std::vector<std::string>> parts) {
    std::vector<std::string> all;
    for (const auto& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

} // namespace

TEST_CASE("forced misses are a third arm, which shows what a miss costs", "[bench]") {
    const CachedByRedis cached;
    cached.redis.cli({"set", "cache:client-1:other:1", "stays"});
    const Finished finished = cached.bench("company=1", together({k_bypass, k_proof, k_forced, k_json}));
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    const json run = json::parse(finished.out);
    const json& arms = run.at("arms");
    CHECK(arms.at("miss").at("requests") == 40);
    CHECK(arms.at("miss").at("proven_misses") == 40);
    CHECK(arms.at("cached").at("proven_hits") == 40);
    CHECK(arms.at("uncached").at("proven_hits") == 0);
    CHECK(run.at("plan").at("forced") == "miss");
    CHECK(run.at("plan").at("concurrency") == 1);
    CHECK(run.at("equality").at("mismatched") == 0);
    CHECK(run.at("equality").at("compared").get<int>() >= 120);

    const json& store = run.at("store");
    const json& sent = arms.at("cached").at("sent"); // the store counts fillers, too
    CHECK(sent > 40);
    CHECK(store.at("arms").at("cached") == json{{"hits", sent}, {"misses", 0}});
    CHECK(store.at("arms").at("miss") == json{{"hits", 0}, {"misses", 40}});
    CHECK(store.at("arms").at("uncached") == json{{"hits", 0}, {"misses", 0}});
    CHECK(store.at("hits") == sent);

    const json &cost = run.at("miss_cost"), &even = cost.at("break_even_hit_rate");
    const double hit = arms.at("cached").at("latency_ms").at("mean"),
                 past = arms.at("uncached").at("latency_ms").at("mean"),
                 miss = arms.at("miss").at("latency_ms").at("mean");
    CHECK(even.at("value").get<double>() == Approx((miss - past) / (miss - hit)));
    CHECK(even.at("ci_low") <= even.at("value"));
    CHECK(even.at("ci_high") >= even.at("value"));
    CHECK(cost.at("overhead_ms").at("value").get<double>() == Approx(miss - past));
    CHECK(cached.redis.cli({"get", "cache:client-1:other:1"}) == "stays");
}

TEST_CASE("removing entries may be how the uncached arm is made", "[bench]") {
    const CachedByRedis cached;
    const std::vector<std::string> by_key{"--uncached-by", "invalidate", "-k",
                                          "cache:client-1:dashboard_summary:1"};
    const Finished finished = cached.bench("company=1", together({k_proof, by_key, k_json}));
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    const json run = json::parse(finished.out);
    CHECK(run.at("arms").at("uncached").at("proven_misses") == 40);
    CHECK_FALSE(run.at("arms").contains("miss"));
    CHECK(run.at("uncached_by") == "removing its entries before each request");
    CHECK(run.at("miss_cost").at("break_even_hit_rate").is_null());
    const json& expected = run.at("miss_cost").at("expected_mean_ms");
    CHECK(expected.is_null()); // the store had not been asked for anything before
}

TEST_CASE("without a header the store's own counters prove the hits", "[bench]") {
    const CachedByRedis cached;
    const auto by_assert = [&](const std::string& query) {
        return cached.bench(query, together({k_bypass, {"--assert", "hit_rate >= 80%", "-o", "json"}}));
    };
    const Finished proven = by_assert("silent=1&company=1");
    INFO(proven.err << proven.out);
    CHECK(proven.exit_code == 0);
    const json run = json::parse(proven.out);
    CHECK(run.at("hit_rate") == 1.0);
    // The store sees those requests too that are not counted.
    const json& cached_arm = run.at("arms").at("cached");
    CHECK(cached_arm.at("requests") == 40);
    CHECK(run.at("store").at("arms").at("cached").at("hits") == cached_arm.at("sent"));
    const Finished never = by_assert("silent=1&never=1&company=2");
    CHECK(never.exit_code == 6); // nothing was looked up at all

    const Finished text =
        cached.bench("silent=1&company=1", together({k_bypass, {"--assert", "errors == 0"}}));
    CHECK(std::regex_search(text.out, std::regex("the store counted [0-9]+ hits and 0 misses")));
}

TEST_CASE("an answer that was proven to be something else is moved to where it belongs", "[bench]") {
    const CachedByRedis cached;
    SECTION("hits among forced misses make them no misses") {
        const Finished finished =
            cached.bench("local=1&company=1", together({k_bypass, k_proof, k_forced, k_json}));
        INFO(finished.err << finished.out);
        CHECK(finished.exit_code == 6);
        const json arms = json::parse(finished.out).at("arms");
        CHECK(arms.at("miss").at("good") == 0);
        CHECK(arms.at("miss").at("moved_out") == 40);
        CHECK(arms.at("cached").at("moved_in") == 40);
        CHECK(arms.at("cached").at("good") == 80);
        CHECK(arms.at("cached").at("proven_hits") == 40);
        CHECK(finished.out.find("The miss arm was served by the cache: 40 of its 40") != std::string::npos);
    }
    SECTION("a cached arm that was not cached fails the run") {
        const Finished finished = cached.bench("never=1&company=1", together({k_bypass, k_proof, k_json}));
        CHECK(finished.exit_code == 1);
        CHECK(finished.out.find("The cached arm never hit") != std::string::npos);
    }
}

TEST_CASE("misses that cannot be forced are refused before a request is measured", "[bench]") {
    const CachedByRedis cached;
    const auto refused = [&](std::vector<std::string> more, int exit_code, const std::string& message) {
        const Finished finished = cached.bench("company=1", more);
        INFO(finished.err);
        CHECK(finished.exit_code == exit_code);
        CHECK(finished.out.empty());
        CHECK(finished.err.find("roacache: " + message) == 0);
    };
    refused({"--uncached-by", "invalidate"}, 2, "usage: bench: nothing says which entries");
    refused({"--uncached-by", "drop", "-k", "a"}, 2, "--uncached-by: 'drop': not a way");
    refused(together({k_forced, {"--rate", "10"}}), 2, "usage: bench: --rate and --uncached-by");
    refused(together({k_forced, {"--single"}}), 2, "usage: bench: --single has no uncached arm");
    refused(together({k_bypass, {"-k", "a"}}), 2, "usage: bench: selectors belong to");
    refused({"--uncached-by", "invalidate", "-k", "no such key"}, 2, "cannot force misses: 127.0.0.1:");
    const Finished away = run_roacache({"bench", cached.service.url("/report"), "-u", "redis://127.0.0.1:1",
                                        "--uncached-by", "invalidate", "-k", "a"});
    CHECK(away.exit_code == 3);
    CHECK(away.err.find("127.0.0.1:1: connection refused") != std::string::npos);
    cached.redis.cli(
        {"eval", "for i=1,1001 do redis.call('set','cache:client-1:dashboard_summary:x'..i,1) end", "0"});
    refused(k_forced, 4, "cannot force misses: 127.0.0.1:");
    CHECK(cached.redis.cli({"exists", "cache:client-1:dashboard_summary:x7"}) == "1");
}

TEST_CASE("a stampede shows how many callers reached the origin", "[bench]") {
    const CachedByRedis cached;
    const std::vector<std::string> stampede{"--stampede=5", "-c", "8", "--assert", "stampede.reached <= 1"};
    const auto endpoint = [](const Finished& finished) {
        return json::parse(finished.out).at("endpoints").at(0).at("stampede");
    };
    const Finished herd = cached.bench("company=1", together({k_proof, k_forced, stampede, {"-o", "json"}}));
    INFO(herd.err << herd.out);
    CHECK(herd.exit_code == 1);
    CHECK(endpoint(herd).at("reached_by") == "header");
    CHECK(endpoint(herd).at("rounds") == 5);
    CHECK(endpoint(herd).at("good") == 40);
    CHECK(endpoint(herd).at("reached_max") > 1);

    const Finished queue =
        cached.bench("once=1&company=2", together({k_proof, k_forced, stampede, {"-o", "json"}}));
    INFO(queue.err << queue.out);
    CHECK(queue.exit_code == 0);
    CHECK(endpoint(queue).at("reached") == json{1, 1, 1, 1, 1});
    CHECK(endpoint(queue).at("waited_ms").at("max").get<double>() > 0);

    const Finished text = cached.bench("once=1&company=2", together({k_proof, k_forced, stampede}));
    CHECK(text.out.find("8 callers at once, 5 times: 1 of them") != std::string::npos);
    const Finished alone = cached.bench("company=1", together({k_bypass, {"--stampede"}}));
    CHECK(alone.exit_code == 2);
    CHECK(alone.err.find("roacache: usage: bench: --stampede wants --uncached-by invalidate") == 0);
}

TEST_CASE("the reference service lets one computation serve a stampede", "[bench]") {
    RunOptions options;
    const TempDir folder;
    options.env["XDG_CACHE_HOME"] = folder.path().string();
    const Finished finished =
        run_roacache({"bench", "--demo", "--rows", "2000", "-n", "20", "--blocks", "10", "--uncached-by",
                      "invalidate", "--stampede=4", "-c", "8", "--assert", "stampede.reached <= 1",
                      "--assert", "stampede.p50 <= 1m", "-o", "json"},
                     options);
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == 0);
    const json run = json::parse(finished.out);
    CHECK(run.at("arms").at("miss").at("proven_misses") == 80);
    for (const json& endpoint : run.at("endpoints")) {
        CHECK(endpoint.at("stampede").at("reached_by") == "computations");
        CHECK(endpoint.at("stampede").at("reached") == json{1, 1, 1, 1});
    }
}

TEST_CASE("a store that is lost on the way ends the run with what was measured", "[bench]") {
    CachedByRedis cached;
    RunOptions options;
    options.pty = true;
    const TempDir folder;
    const std::string figures = (folder.path() / "r.json").string();
    Process bench({program(), "bench", cached.service.url("/report?company=1"), "-u", cached.redis.url(),
                   "-n", "100000", "--blocks", "1000", "--uncached-header", "Cache-Control: no-cache",
                   "--uncached-by", "invalidate", "-r", "dashboard_summary", "-t", "client-1", "--json",
                   figures},
                  options);
    REQUIRE(bench.wait_for("block 12/"));
    const bool killed = GENERATE(true, false);
    if (killed)
        cached.redis.kill();
    else
        ::kill(bench.pid(), SIGINT);
    REQUIRE(eventually([&] { return !bench.running(); }, std::chrono::seconds(20)));
    CHECK(bench.stop() == (killed ? 3 : 130));
    INFO(bench.log());
    std::ifstream file(figures);
    const json run = json::parse(file);
    CHECK(run.at("partial") == true);
    CHECK(run.at("arms").at("miss").at("good") > 0);
    CHECK((bench.log().find("The run was stopped before its end: cannot") != std::string::npos) == killed);
}

TEST_CASE("of a suite each endpoint's own entries are removed", "[bench]") {
    const CachedByRedis cached;
    const TempDir folder;
    const std::string file = (folder.path() / "suite.toml").string();
    std::ofstream(file) << "base_url = \"" << cached.service.url("") << "\"\n"
                        << R"(hit_header = "X-Cache: HIT"
uncached_header = "Cache-Control: no-cache"
[[endpoints]]
name = "one"
url = "/report?company=1"
key = ["cache:client-1:dashboard_summary:1"]
weight = 2
[[endpoints]]
name = "two"
url = "/report?company=2"
key = ["cache:client-1:dashboard_summary:2"]
)";
    cached.redis.cli({"set", "cache:client-1:dashboard_summary:3", "stays"});
    const std::vector<std::string> command{
        "bench", "--suite",          file,       "-n",          "20", "--blocks", "10",
        "-u",    cached.redis.url(), "--assert", "errors == 0", "-o", "json"};
    const Finished finished = run_roacache(together({command, {"--uncached-by", "invalidate"}}));
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    const json run = json::parse(finished.out);
    CHECK(run.at("endpoints").at(0).at("arms").at("miss").at("proven_misses") == 40);
    CHECK(run.at("endpoints").at(1).at("arms").at("miss").at("proven_misses") == 20);
    CHECK(run.at("arms").at("cached").at("proven_hits") == 60);
    CHECK(run.at("plan").at("concurrency") == 2);
    CHECK(cached.redis.cli({"get", "cache:client-1:dashboard_summary:3"}) == "stays");

    const Finished both = run_roacache(together({command, {"--uncached-by", "invalidate", "-k", "a"}}));
    CHECK(both.exit_code == 2);
    CHECK(both.err.find("--suite and selectors do not go together") != std::string::npos);
}

TEST_CASE("a service that breaks under a stampede does not pass for one that holds", "[bench]") {
    const CachedByRedis cached;
    const Finished finished = cached.bench("company=1&herd=3&once=1",
                                           together({k_proof,
                                                     k_forced,
                                                     {"--stampede=3", "-c", "12"},
                                                     {"--assert", "stampede.reached <= 1", "-o", "json"}}));
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == 6);
    const json run = json::parse(finished.out);
    CHECK(run.at("endpoints").at(0).at("stampede").at("errors") > 0);
    CHECK(run.at("reasons").dump().find("of the stampedes of") != std::string::npos);
}

TEST_CASE("with hooks the forced misses run while the cache is on", "[bench]") {
    const CachedByRedis cached;
    const std::string hook = "curl -fsS '" + cached.service.url("/switch?cache=");
    const Finished finished = cached.bench(
        "switched=1&company=1",
        together(
            {k_proof, k_forced, {"--hook-cached", hook + "on'", "--hook-uncached", hook + "off'"}, k_json}));
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    const json run = json::parse(finished.out);
    CHECK(run.at("arms").at("cached").at("proven_hits") == 40);
    CHECK(run.at("store").at("arms").at("miss") == json{{"hits", 0}, {"misses", 40}});
    CHECK(run.at("store").at("arms").at("uncached") == json{{"hits", 0}, {"misses", 0}});
}

TEST_CASE("what a service sends back of a suite's secrets stays out of the report", "[bench]") {
    const CachedByRedis cached;
    const TempDir folder;
    const std::string file = (folder.path() / "suite.toml").string();
    std::ofstream(file) << "base_url = \"" << cached.service.url("") << "\"\n"
                        << R"(uncached_header = "Cache-Control: no-cache"
headers = { Authorization = "Bearer ${A_TOKEN}" }
[[endpoints]]
name = "there"
url = "/report?away=1&next=http://elsewhere/"
params = { a = "${A_TOKEN}", b = "${B_TOKEN}" }
)";
    RunOptions options;
    options.env["A_TOKEN"] = "abc";
    options.env["B_TOKEN"] = "abcdefSECRET";
    const Finished finished =
        run_roacache({"bench", "--suite", file, "-n", "20", "--blocks", "10", "--assert", "errors == 0",
                      "--expect", "200-399", "-o", "json", "-A", "me:pw"},
                     options);
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == 0);
    CHECK(finished.out.find("a=***&b=***") != std::string::npos);
    CHECK(finished.out.find("SECRET") == std::string::npos);
}
