// Runs that end before their end, because what they have found by then cannot change any more.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace roacache::test;
using nlohmann::json;

namespace {

using Arguments = std::vector<std::string>;

/// 600 requests in 30 blocks, unless `more` says otherwise.
Finished bench_in_blocks(const Arguments& more) {
    Arguments all{"bench", "-n", "600", "--blocks", "30", "-c", "1", "--warmup", "0", "-q", "-o", "json"};
    all.insert(all.end(), more.begin(), more.end());
    return run_roacache(all);
}

json parsed(const Finished& finished) {
    INFO(finished.out.substr(0, 2000) << finished.err);
    return json::parse(finished.out);
}

} // namespace

TEST_CASE("a run ends early, failed, when what it was to be ended by holds", "[bench][abort]") {
    PythonServer server("tests/bench/odd_server.py");
    const TempDir folder;
    const std::string report = folder.path() / "r.md", saved = folder.path() / "r.json";
    const Finished finished = bench_in_blocks({"--single", server.url("/turns/503/100"), "--abort-when",
                                               "error_rate > 20%", "--report", report, "--json", saved});
    const json found = parsed(finished);
    CHECK(finished.exit_code == 1);
    CHECK(found.at("verdict") == "fail");
    CHECK(found.at("partial") == true);
    const std::string why = found.at("aborted");
    CHECK_THAT(why, Contains("as --abort-when asks: error_rate > 20 % held: it was "));
    CHECK(found.at("reasons").at(0) == why);
    // The first 100 answers are good: 20 % are bad from the 125th on, and a block has 20.
    const json& arm = found.at("arms").at("single");
    CHECK(arm.at("requests") >= 120);
    CHECK(arm.at("requests") <= 160);
    CHECK_THAT(run({"cat", report}).out, Contains("Partial run") && Contains("as --abort-when asks"));

    const Finished again = run_roacache({"bench", "merge", saved, "-q", "-o", "json"});
    CHECK(parsed(again).at("aborted") == why);
}

TEST_CASE("a run of which nothing of the kind is seen goes on to its end", "[bench][abort]") {
    PythonServer server("tests/bench/odd_server.py");
    const Finished finished =
        bench_in_blocks({"--single", server.url("/ok"), "--abort-when", "error_rate > 5%", "--abort-when",
                         "single.mean > 1s", "--abort-when", "single.rps < 1"});
    const json found = parsed(finished);
    CHECK(finished.exit_code == 0);
    CHECK(found.at("aborted").is_null());
    CHECK(found.at("partial") == false);
    CHECK(found.at("arms").at("single").at("requests") == 600);
}

TEST_CASE("what is judged on intervals ends no run before there are blocks enough", "[bench][abort]") {
    PythonServer server("tests/bench/odd_server.py");
    for (const std::string expr : {"mean_reduction < 99.99%", "uncached.mean > 1us", "hit_rate < 50%"}) {
        const Finished finished =
            bench_in_blocks({server.url("/ok"), "--uncached-header", "X: y", "--hit-header", "X-Cache: HIT",
                             "--no-compare", "--abort-when", expr, "--assert", "uncached.mean <= 10s"});
        const json found = parsed(finished);
        INFO(expr);
        if (expr.starts_with("hit_rate")) { // no answer says anything of hits: it is not known
            CHECK(found.at("aborted").is_null());
            continue;
        }
        CHECK(finished.exit_code == 1);
        CHECK_THAT(found.at("aborted").get<std::string>(), Contains("(95 % CI "));
        CHECK(found.at("blocks").size() >= 20);
        CHECK(found.at("blocks").size() < 60);
    }
}

TEST_CASE("answers that differ end a run when that is asked for", "[bench][abort]") {
    PythonServer server("tests/bench/odd_server.py");
    const Finished finished = bench_in_blocks(
        {server.url("/switch"), "--uncached-url", server.url("/ok"), "--abort-when", "mismatches > 0"});
    const json found = parsed(finished);
    CHECK(finished.exit_code == 1);
    CHECK_THAT(found.at("aborted").get<std::string>(), Contains("mismatches"));
    CHECK(found.at("arms").at("uncached").at("requests") <= 60);
}

TEST_CASE("what the cache was switched to is put back when a run ends early", "[bench][abort]") {
    PythonServer server("tests/bench/odd_server.py");
    const auto hook = [&](const char* way) { return "curl -fsS " + server.url("/switch/") + way; };
    const Finished finished =
        bench_in_blocks({server.url("/switch"), "--hook-uncached", hook("off"), "--hook-cached", hook("on"),
                         "--hit-header", "X-Cache: HIT", "--abort-when", "uncached.requests >= 8"});
    CHECK_THAT(parsed(finished).at("aborted").get<std::string>(), Contains("uncached.requests"));
    CHECK_THAT(run({"curl", "-sS", "-i", server.url("/switch")}).out, Contains("X-Cache: HIT"));
}

TEST_CASE("what can never end a run is refused before it", "[bench][abort]") {
    for (const auto& [more, said] : std::vector<std::pair<Arguments, std::string>>{
             {{"--abort-when", "error_rate > 5%", "--rate", "10"},
              "--abort-when and --rate do not go together"},
             {{"--abort-when", "stampede.reached > 5"}, "--abort-when: assert cannot be answered"},
             {{"--abort-when", "speed > 5"}, "--abort-when: bad assert: speed > 5"},
             {{"--abort-when", ""}, "--abort-when: the value is empty"},
             {{"--abort-when", "hit_rate < 5%"}, "--abort-when: assert cannot be answered: hit_rate < 5%"},
             {{"--abort-when", "mean_reduction < 5%"}, "--abort-when: assert cannot be answered"}}) {
        Arguments all{"bench", "--single", "http://127.0.0.1:1/", "-q"};
        all.insert(all.end(), more.begin(), more.end());
        const Finished refused = run_roacache(all);
        CHECK(refused.exit_code == 2);
        CHECK_THAT(refused.err, Contains(said));
    }
}
