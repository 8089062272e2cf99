// What is said of the arms: of each endpoint by its own answers, whatever those of the others are.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace roacache::test;
using nlohmann::json;

namespace {

using Arguments = std::vector<std::string>;

constexpr const char* k_sayer = "tests/cli/said_of_caches.py";
const Arguments k_says_hit{"--hit-header", "X-Cache: HIT"};

struct Judged {
    int exit_code;
    std::string reasons; ///< a line each
    json run;
};

Judged bench_judged(const Arguments& what, const Arguments& more = {}, const std::string& input = {}) {
    Arguments all{"bench", "-q", "-o", "json", "--blocks", "10"};
    all.insert(all.end(), what.begin(), what.end());
    all.insert(all.end(), more.begin(), more.end());
    for (const auto& [option, value] : {std::pair{"-n", "30"}, {"-c", "2"}, {"--warmup", "2"}})
        if (std::find(all.begin(), all.end(), option) == all.end()) all.insert(all.end(), {option, value});
    RunOptions options;
    options.input = input;
    const Finished finished = run_roacache(all, options);
    INFO(finished.err);
    REQUIRE(finished.exit_code != 2);
    Judged judged{finished.exit_code, {}, json::parse(finished.out)};
    for (const json& reason : judged.run.at("reasons"))
        judged.reasons += reason.get<std::string>() + "\n";
    return judged;
}

/// Past the cache by a header; judged by nothing that noise could decide.
Judged bench_targets(const PythonServer& server, const Arguments& targets, Arguments more = k_says_hit) {
    Arguments urls;
    for (const std::string& target : targets)
        urls.push_back(server.url(target));
    more.insert(more.end(), {"--uncached-header", "Cache-Control: no-cache", "--assert", "errors <= 1000000",
                             "--assert", "cached.requests >= 1"});
    return bench_judged(urls, more);
}

/// With `@` for the server.
std::string at_server(const PythonServer& server, std::string text) {
    for (std::size_t place; (place = text.find('@')) != std::string::npos;)
        text.replace(place, 1, server.url(""));
    return text;
}

} // namespace

TEST_CASE("each endpoint's cached arm is judged by its own answers", "[bench][arms]") {
    const PythonServer server(k_sayer);
    struct Case {
        Arguments targets;
        int exit_code;
        const char* said; // all of it, or its beginning
    };
    const std::vector<Case> cases{
        {{"/hit"}, 0, ""},
        {{"/hit?1", "/hit?2"}, 0, ""},
        {{"/miss"}, 1, "The cached arm never hit: none of its 30 good responses carried X-Cache: HIT.\n"},
        {{"/hit", "/miss"},
         1,
         "The cached arm of @/miss never hit: none of its 30 good responses carried X-Cache: HIT.\n"},
        {{"/miss", "/hit?1", "/hit?2", "/hit?3", "/hit?4", "/hit?5", "/hit?6", "/hit?7", "/hit?8", "/hit?9"},
         1,
         "The cached arm of @/miss never hit: none of its 30 good responses carried X-Cache: HIT.\n"},
        {{"/hit?1", "/hit?2", "/hit?3", "/third"}, 1, "The cached arm of @/third was not cached: "},
        {{"/miss?1", "/miss?2"},
         1,
         "The cached arm never hit: none of its 60 good responses carried X-Cache: HIT.\n"},
        {{"/miss?1", "/hit", "/miss?2"},
         1,
         "The cached arm of @/miss?1 and @/miss?2 never hit: none of its 60 good responses carried"},
        {{"/silent"}, 6, "No answer of any arm had the header of X-Cache: HIT, so whether"},
        {{"/hit", "/silent?b", "/silent?c"},
         6,
         "No answer of any arm of @/silent?b and @/silent?c had the header of X-Cache: HIT, so whether the "
         "cache hit is not known. Name one"},
        {{"/silent?1", "/silent?2", "/hit", "/silent?3", "/silent?4"},
         6,
         "No answer of any arm of @/silent?1, @/silent?2 and 2 more had"},
        {{"/miss", "/silent"}, 1, "The cached arm of @/miss never hit: none of its 30 "},
        {{"/stripped"},
         6,
         "None of the 30 good responses of the cached arm had the header of X-Cache: HIT, which answers of "
         "another arm had, so whether the cache hit is not known. Name one"},
        {{"/hit", "/stripped"},
         6,
         "None of the 30 good responses of the cached arm of @/stripped had the header of X-Cache: HIT"},
    };
    for (const Case& one : cases) {
        const Judged judged = bench_targets(server, one.targets);
        INFO(one.targets.front() << " " << one.targets.size() << ": " << judged.reasons);
        CHECK(judged.exit_code == one.exit_code);
        CHECK_THAT(judged.reasons, StartsWith(at_server(server, one.said)));
        if (one.exit_code == 6) CHECK_THAT(judged.reasons, !Contains("never hit") && !Contains("not cached"));
        // What some answers do not say is no part of a hit rate.
        CHECK(judged.run.at("hit_rate").is_null() == (one.exit_code == 6 || one.targets.back() == "/silent"));
    }
}

TEST_CASE("a hit rate that some answers leave open is neither met nor missed", "[bench][arms]") {
    const PythonServer server(k_sayer);
    const Arguments asserts{"--hit-header", "X-Cache: HIT", "--assert", "hit_rate >= 60%"};
    const Judged open = bench_targets(server, {"/hit", "/silent"}, asserts);
    CHECK(open.exit_code == 6);
    CHECK_THAT(open.reasons,
               Contains(at_server(server, "hit_rate ≥ 60 %: the answers of @/silent do not say")));
    CHECK(bench_targets(server, {"/stripped"}, asserts).exit_code == 6);
    CHECK(bench_targets(server, {"/hit?1", "/hit?2"}, asserts).exit_code == 0);
}

TEST_CASE("a way past the cache that is none is found for each endpoint", "[bench][arms]") {
    const PythonServer server(k_sayer);
    const Judged one = bench_targets(server, {"/vain"});
    INFO(one.reasons);
    CHECK(one.exit_code == 6);
    CHECK_THAT(one.reasons, Contains("The uncached arm's own answers came out of a cache (X-Varnish: "));
    const Judged beside = bench_targets(server, {"/hit", "/vain"});
    INFO(beside.reasons);
    CHECK(beside.exit_code == 6);
    CHECK_THAT(
        beside.reasons,
        Contains(at_server(server, "The uncached arm's own answers of @/vain came out of a cache (X-Varnish: "
                                   "32772 3)")));
    // What compares the arms is not judged then; what does not, is.
    const Arguments compared{"--hit-header", "X-Cache: HIT", "--assert", "mean_reduction >= 99.9%"};
    CHECK(bench_targets(server, {"/hit", "/vain"}, compared).exit_code == 6);
    CHECK(bench_targets(server, {"/hit?1", "/hit?2"}, compared).exit_code == 1);
}

TEST_CASE("a miss that another cache stored with the answer is no proof", "[bench][arms]") {
    const PythonServer server(k_sayer);
    for (const bool beside : {false, true}) {
        const std::string of = beside ? at_server(server, " of @/replayed") : "";
        const Judged both =
            bench_targets(server, beside ? Arguments{"/hit", "/replayed"} : Arguments{"/replayed"},
                          {"--hit-header", "X-Cache: HIT", "--assert", "hit_rate >= 90%"});
        INFO(both.reasons);
        CHECK(both.exit_code == 6);
        CHECK_THAT(both.reasons,
                   Contains("None of the 30 good responses of the cached arm" + of +
                            " carried X-Cache: HIT, "
                            "but another cache may have stored that with them") &&
                       Contains("They have X-Varnish: 32772 3, which --hit-header 'X-Varnish' would take") &&
                       Contains("The uncached arm's own answers" + of + " came out of a cache") &&
                       !Contains("never hit"));
    }
    // Not past the cache: that the named one never hit stands, and the other one is named.
    const Judged outer = bench_targets(server, {"/outer"});
    INFO(outer.reasons);
    CHECK(outer.exit_code == 1);
    CHECK_THAT(outer.reasons,
               Contains("The cached arm never hit: none of its 30 good responses carried X-Cache: HIT. Its "
                        "answers have X-Varnish: 32772 3, which --hit-header 'X-Varnish' would take for a "
                        "hit."));
    CHECK(bench_targets(server, {"/outer"}, {"--hit-header", "X-Varnish"}).exit_code == 0);
}

TEST_CASE("an endpoint that is seldom asked fails by its own errors", "[bench][arms][suite]") {
    const PythonServer server(k_sayer);
    const TempDir folder;
    const std::string file = (folder.path() / "s.toml").string();
    const auto judged = [&](const std::string& rare, const std::string& asserts, const Arguments& more = {}) {
        std::ofstream(file) << fmt::format(
            "base_url = '{}'\nuncached_header = 'Cache-Control: no-cache'\nhit_header = 'X-Cache: HIT'\n"
            "[[endpoints]]\nname = 'often'\nurl = '/hit'\nweight = 100\n"
            "[[endpoints]]\nname = 'rare'\nurl = '{}'\n{}",
            server.url(""), rare, asserts);
        Arguments all{"-n", "4", "-c", "8", "--assert", "cached.requests >= 1"};
        all.insert(all.end(), more.begin(), more.end());
        return bench_judged({"--suite", file}, all);
    };
    const Judged all = judged("/fails", "");
    INFO(all.reasons);
    CHECK(all.exit_code == 1);
    CHECK_THAT(all.reasons, StartsWith("4 of the 4 requests of the cached arm of rare failed: 4 × 500.\n"
                                       "4 of the 4 requests of the uncached arm of rare failed: 4 × 500.\n"));
    CHECK_THAT(all.reasons, Contains("The cached arm of rare has no good response of its kind."));
    CHECK(judged("/hit?rare", "").exit_code == 0);
    // An assert that speaks of errors takes the place of that, but nothing of the endpoint is compared.
    for (const auto& [own, more] : {std::pair<std::string, Arguments>{"asserts = ['errors <= 10000']", {}},
                                    {"asserts = ['error_rate <= 100%']", {}},
                                    {"", {"--assert", "error_rate <= 3%"}}}) {
        const Judged allowed = judged("/fails", own, more);
        INFO(allowed.reasons);
        CHECK(allowed.exit_code == 6);
        CHECK_THAT(allowed.reasons, StartsWith("The cached arm of rare has no good response of its kind."));
    }
}

TEST_CASE("requests that were never asked before prove no cache wrong", "[bench][arms][parameters]") {
    std::string many, urls, few = "company=0";
    for (int i = 0; i < 300; ++i) {
        many += fmt::format("{}{}", i == 0 ? "company=" : ",", i);
        urls += fmt::format("/right?company={}\n", i);
        if (i > 0 && i < 10) few += fmt::format(",{}", i);
    }
    const Arguments asserts{"--hit-header", "X-Cache: HIT",
                            "--assert",     "hit_rate >= 60%",
                            "--assert",     "mean_reduction >= 99.9%",
                            "-n",           "60"};
    const std::vector<Arguments> ways{{"--uncached-query", "cb={random}"},
                                      {"--uncached-header", "Cache-Control: no-cache"}};
    for (const Arguments& way : ways) {
        const auto judged = [&](Arguments what, const std::string& input = {}) {
            const PythonServer server("tests/cli/parameters_server.py");
            for (std::string& word : what)
                word = at_server(server, word);
            what.insert(what.end(), asserts.begin(), asserts.end());
            return bench_judged(what, way, input);
        };
        const std::string url = "@/right?company={company}";
        const Judged listed = judged({url, "--param", many});
        INFO(listed.reasons);
        CHECK(listed.exit_code == 6);
        CHECK_THAT(
            listed.reasons,
            StartsWith("No request of the cached arm was asked twice ({company}: 300 values in turn), so "
                       "that none could hit: ask more often (-n), for fewer different things, or go "
                       "past the cache in a way that fills it."));
        CHECK(listed.run.at("endpoints").at(0).at("asked_before") == 0);
        CHECK(judged({"--urls-from", "-", "--base-url", "@"}, urls).exit_code == 6);
        CHECK(judged({url, "--param", "company=seq"}).exit_code == 6);
        // Of 63 requests, those not counted included, 13 were asked before.
        const Judged some = judged({url, "--param", many.substr(0, many.find(",50"))});
        INFO(some.reasons);
        CHECK(some.exit_code == 6);
        CHECK_THAT(some.reasons,
                   StartsWith("Only 13 of the 60 requests of the cached arm had been asked before"));
        // Those that could hit, and do: the hit rate is met, and the other assert is missed.
        const Judged enough = judged({url, "--param", few});
        INFO(enough.reasons);
        CHECK(enough.exit_code == 1);
        CHECK_THAT(enough.reasons, StartsWith("mean_reduction is "));
    }
    const PythonServer cached("tests/cli/parameters_server.py");
    const TempDir folder;
    const std::string file = (folder.path() / "s.toml").string();
    std::string values;
    for (int i = 0; i < 300; ++i)
        values += fmt::format("{}'{}'", i == 0 ? "" : ", ", i);
    std::ofstream(file) << fmt::format(
        "base_url = '{}'\nuncached_query = 'cb={{random}}'\nhit_header = 'X-Cache: HIT'\n"
        "[[endpoints]]\nname = 'one'\nurl = '/right?company=7'\n"
        "[[endpoints]]\nname = 'list'\nurl = '/right?company={{id}}'\nvary = {{ id = [{}] }}\n",
        cached.url(""), values);
    const Judged beside = bench_judged({"--suite", file}, {"--assert", "errors == 0"});
    INFO(beside.reasons);
    CHECK(beside.exit_code == 6);
    CHECK_THAT(beside.reasons, StartsWith("No request of the cached arm of list was asked twice ("));
    // Most requests could hit, and do not.
    const PythonServer server(k_sayer);
    const Judged never =
        bench_targets(server, {"/miss?{company}"}, {"--hit-header", "X-Cache: HIT", "--param", few});
    INFO(never.reasons);
    CHECK(never.exit_code == 1);
    CHECK_THAT(never.reasons, StartsWith("The cached arm never hit"));
}

TEST_CASE("that a way past the cache is none is found without a warm-up", "[bench][arms]") {
    const PythonServer server(k_sayer);
    unsigned run = 0;
    for (const Arguments& load :
         {Arguments{"-c", "1"}, Arguments{"-c", "4", "-j", "2"}, Arguments{"--rate", "500"}})
        for (const unsigned endpoints : {1U, 3U}) {
            Arguments targets;
            for (unsigned i = 0; i < endpoints; ++i)
                targets.push_back(fmt::format("/filled?{}-{}", run, i));
            ++run;
            Arguments more{"--warmup", "0"};
            more.insert(more.end(), load.begin(), load.end());
            const Judged judged = bench_targets(server, targets, more);
            INFO(load.front() << " " << endpoints << ": " << judged.reasons);
            CHECK(judged.exit_code == 6);
            CHECK_THAT(judged.reasons, StartsWith("The uncached arm's own answers came out of a cache "
                                                  "(X-Varnish: 32772 3)"));
        }
    // Though what counts is never asked twice.
    std::string ids = "id=0";
    for (int i = 1; i < 100; ++i)
        ids += fmt::format(",{}", i);
    const Judged listed = bench_targets(server, {"/filled?listed-{id}"}, {"--param", ids, "--warmup", "0"});
    INFO(listed.reasons);
    CHECK(listed.exit_code == 6);
    CHECK_THAT(listed.reasons, Contains("came out of a cache"));
}
