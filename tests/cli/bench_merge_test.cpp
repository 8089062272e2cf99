// Runs that are merged: each is measured once, and what tells them apart is told.

#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/process.hpp"
#include "tests/support/servers.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Of a run's JSON, one behind the other.
std::string notes_of(std::vector<std::string> command) {
    command.insert(command.end(), {"-o", "json"});
    std::string all;
    const json run = json::parse(run_roacache(command).out);
    for (const json& note : run.at("notes"))
        all += note.get<std::string>() + "\n";
    return all;
}

} // namespace

TEST_CASE("a run counts once, under whatever names its files go", "[bench][merge]") {
    PythonServer server("tests/bench/odd_server.py");
    const TempDir folder;
    const auto path = [&](const char* name) { return (folder.path() / name).string(); };
    for (const char* name : {"one.json", "other.json"})
        REQUIRE(run_roacache({"bench", "--single", server.url("/ok"), "-n", "40", "--blocks", "10", "--json",
                              path(name)})
                    .exit_code == 0);
    std::filesystem::copy(path("one.json"), path("copy.json"));
    std::ofstream(path("compact.json")) << json::parse(std::ifstream(path("one.json"))).dump();
    const Finished merged =
        run_roacache({"bench", "merge", path("one.json"), path("other.json"), "--json", path("both.json")});
    INFO(merged.err);
    REQUIRE(merged.exit_code == 0);
    CHECK(json::parse(std::ifstream(path("both.json"))).at("arms").at("single").at("requests") == 80);
    const Finished onto =
        run_roacache({"bench", "merge", path("one.json"), path("other.json"), "--json", path("one.json")});
    CHECK(onto.exit_code == 2);
    CHECK_THAT(onto.err, Contains(path("one.json") + " is a run that is read, and would be replaced"));
    for (const char* again : {"one.json", "copy.json", "compact.json", "both.json"}) {
        const Finished refused = run_roacache({"bench", "merge", path("one.json"), path(again)});
        INFO(again << ": " << refused.err);
        CHECK(refused.exit_code == 2);
        CHECK(refused.out.empty());
        CHECK_THAT(refused.err,
                   StartsWith("roacache: cannot merge: " + path(again) + " has the measurements of " +
                              path("one.json") + ", which would count twice"));
    }
}

TEST_CASE("merged runs that contradict each other say so", "[bench][merge]") {
    PythonServer server("tests/bench/odd_server.py");
    const TempDir folder;
    const auto path = [&](const char* name) { return (folder.path() / name).string(); };
    // Which arm is slow is what the two scripts switch before each block.
    const auto bench = [&](const char* name, const std::string& slow) {
        for (const std::string arm : {"cached", "uncached"})
            std::ofstream(folder.path() / arm)
                << "curl -sf " << server.url(arm == slow ? "/switch/off" : "/switch/on");
        return run_roacache({"bench", server.url("/slowly-if-off"), "--hook-uncached",
                             "sh " + path("uncached"), "--hook-cached", "sh " + path("cached"), "-n", "40",
                             "-c", "2", "--blocks", "10", "--assert", "errors == 0", "--no-compare", "--json",
                             path(name)});
    };
    for (const auto& [name, slow] : {std::pair("one.json", "uncached"), std::pair("other.json", "cached")}) {
        const Finished finished = bench(name, slow);
        INFO(finished.err << finished.out);
        REQUIRE(finished.exit_code == 0);
    }
    // Another measurement, whose latencies are the same.
    json like = json::parse(std::ifstream(path("one.json")));
    for (json& block : like.at("blocks"))
        block.at("started_s") = block.at("started_s").get<double>() + 100;
    std::ofstream(path("like.json")) << like.dump();
    const auto notes = [&](const char* other) {
        return notes_of({"bench", "merge", path("one.json"), path(other)});
    };
    CHECK_THAT(notes("other.json"), Contains("The merged runs contradict each other: the cache takes "));
    CHECK_THAT(notes("like.json"), !Contains("contradict"));
}

TEST_CASE("merged runs whose answers are of other sizes are told apart", "[bench][merge]") {
    PythonServer server("tests/bench/odd_server.py");
    const TempDir folder;
    const std::string saved[] = {folder.path() / "one.json", folder.path() / "other.json"};
    const auto bench = [&](const char* path, const std::string& file) {
        return run_roacache(
                   {"bench", "--single", server.url(path), "-n", "40", "--blocks", "10", "--json", file})
            .exit_code;
    };
    REQUIRE(bench("/longer-if-off", saved[0]) == 0);
    REQUIRE(bench("/switch/off", folder.path() / "off.json") == 0);
    REQUIRE(bench("/longer-if-off", saved[1]) == 0);
    CHECK_THAT(notes_of({"bench", "merge", saved[0], saved[1]}),
               Contains("The answers in " + saved[1] + " are of another size than in " + saved[0] +
                        ": mean size of "));
}

TEST_CASE("what a comparison can say little by is told", "[bench][compare]") {
    PythonServer server("tests/bench/odd_server.py");
    const TempDir folder;
    const auto path = [&](const char* name) { return (folder.path() / name).string(); };
    const auto bench = [&](const char* name) {
        return run_roacache({"bench", server.url("/slowly-if-off"), "--uncached-header", "A: 1", "-n", "40",
                             "-c", "2", "--blocks", "10", "--assert", "errors == 0", "--no-compare", "--json",
                             path(name)})
            .exit_code;
    };
    const auto compared = [&](const char* before, const char* now) {
        return notes_of({"bench", "compare", path(before), path(now)});
    };
    const auto refused = [&](const char* before) {
        return run_roacache({"bench", "compare", path(before), path("quick.json")}).err;
    };
    REQUIRE(bench("quick.json") == 0);
    REQUIRE(run_roacache({"bench", "--single", server.url("/switch/off"), "-n", "1"}).exit_code != 3);
    REQUIRE(bench("slow.json") == 0);
    std::filesystem::copy(path("quick.json"), path("copy.json"));
    CHECK_THAT(compared("copy.json", "quick.json"), Contains("have measurements in common"));
    const std::string slower = compared("quick.json", "slow.json");
    CHECK_THAT(slower, Contains("The service itself is slower than in "));
    CHECK_THAT(slower, !Contains("in common"));
    CHECK_THAT(compared("slow.json", "quick.json"), !Contains("The service itself is slower"));

    json run = json::parse(std::ifstream(path("quick.json")));
    run["schema"] = "roacache.bench/2";
    std::ofstream(path("later.json")) << run.dump();
    CHECK_THAT(refused("later.json"), Contains("another version of roacache saved it"));
    run["schema"] = "roacache.bench/1";
    run["partial"] = true;
    run["blocks"].erase(run["blocks"].begin() + 6, run["blocks"].end());
    std::ofstream(path("cut.json")) << run.dump();
    CHECK_THAT(refused("cut.json"), Contains("it was not measured to its end, and has fewer than 10 blocks"));
}
