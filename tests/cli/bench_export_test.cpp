#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace roacache::test;
using nlohmann::json;

TEST_CASE("the figures are written as other tools read them", "[bench]") {
    const PythonServer server("tests/bench/odd_server.py"), other("tests/bench/odd_server.py");
    const TempDir folder;
    const std::string file = folder.path() / "a=b.json";
    for (const std::vector<std::string>& written :
         {std::vector<std::string>{"--export", "benchmark-action", file},
          {"--export=benchmark-action", file},
          {"--export", "benchmark-action=" + file}}) {
        std::vector<std::string> all{"bench",
                                     server.url("/ok"),
                                     other.url("/ok"),
                                     "--uncached-header",
                                     "X: y",
                                     "--no-compare",
                                     "-n",
                                     "100",
                                     "--blocks",
                                     "10",
                                     "-q"};
        all.insert(all.begin() + 1, written.begin(), written.end());
        std::filesystem::remove(file);
        run_roacache(all);
        std::map<std::string, json> entries;
        for (const json& entry : json::parse(run({"cat", file}).out))
            CHECK(entries.emplace(entry.at("name"), entry).second);
        CHECK(entries.at("cached mean").at("unit") == "ms");
        CHECK(entries.at("cached mean").at("value") > 0);
        CHECK(entries.at("cached mean").at("extra") == "200 good answers");
        CHECK(entries.count("uncached p50") == 1);
        const json& ratio = entries.at("cached mean of the uncached mean");
        CHECK(ratio.at("unit") == "%");
        CHECK(ratio.at("range").get<std::string>().find(" … ") != std::string::npos);
        CHECK(entries.count("cached mean: " + other.url("/ok")) == 1);
        CHECK(entries.count("cached p99") == 0); // of too few requests
    }
    for (const auto& [written, said] : std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"--export", "junit", "x"}, "--export: not one of the forms there are"},
             {{"--export", "benchmark-action="}, "--export: not one of the forms there are"},
             {{"--export", "benchmark-action", "--json", "x"}, "--export: a value is missing before --json"},
             {{"--export", "benchmark-action"}, "--export: a value is missing"},
             {{"--export", "benchmark-action", "/proc/version/x"}, "cannot write: /proc/version/x"},
             {{"--json", file, "--export", "benchmark-action", file}, "is asked for twice"}}) {
        std::vector<std::string> all{"bench", "--single", "http://127.0.0.1:1/"};
        all.insert(all.end(), written.begin(), written.end());
        const Finished refused = run_roacache(all);
        CHECK(refused.exit_code == 2);
        CHECK(refused.err.find(said) != std::string::npos);
    }
}

TEST_CASE("what is exported has the same names in every run, and says of a run that ended early that it did",
          "[bench]") {
    const PythonServer server("tests/bench/odd_server.py");
    const TempDir folder;
    const std::string file = folder.path() / "figures.json";
    run_roacache({"bench", "--single", server.url("/ok"), server.url("/ok"), "-n", "100", "--blocks", "10",
                  "-q", "--abort-when", "single.requests >= 50", "--export", "benchmark-action", file});
    std::map<std::string, std::string> extras;
    for (const json& entry : json::parse(run({"cat", file}).out))
        extras[entry.at("name")] = entry.at("extra");
    for (const char* name : {"single mean", "single mean: /ok", "single mean: /ok (2)"}) {
        INFO(name);
        REQUIRE(extras.count(name) == 1);
        CHECK(extras.at(name).find(" good answers, of a run that ended early") != std::string::npos);
    }
}
