#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

std::string content_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

class SuiteFolder {
  public:
    std::string write(const std::string& text, const std::string& name = "s.toml") const {
        std::ofstream(folder_.path() / name) << text;
        return path(name);
    }
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  private:
    TempDir folder_;
};

Finished bench_suite(const std::string& file, std::vector<std::string> more = {}, RunOptions options = {}) {
    more.insert(more.begin(), {"bench", "--suite", file});
    return run_roacache(more, options);
}

const std::string k_odd_suite = R"(
uncached_header = "Cache-Control: no-cache"
hit_header = "X-Cache: HIT"
requests = 120
blocks = 10
concurrency = 2
asserts = ["errors == 0"]
)";

/// What a run is refused for; nothing listens where the suite points to.
std::string refused_suite(const std::string& text, const std::vector<std::string>& more = {}) {
    const SuiteFolder folder;
    const Finished finished = bench_suite(folder.write("base_url = \"http://127.0.0.1:1\"\n" + text), more);
    CHECK(finished.exit_code == 2);
    CHECK(finished.out.empty());
    CHECK(lines_in(finished.err) <= 2);
    const std::string start = "roacache: bad suite: " + folder.path("s.toml") + ":";
    return finished.err.find(start) == 0 ? finished.err.substr(start.size()) : finished.err;
}

} // namespace

TEST_CASE("the suite that comes with roacache measures its reference service", "[bench][suite]") {
    static const TempDir k_cache;
    RunOptions options;
    options.env["XDG_CACHE_HOME"] = k_cache.path().string();
    Process demo({program(), "demo", "--listen", "127.0.0.1:0", "--rows", "2000"}, options);
    REQUIRE(demo.wait_for("listening on http://127.0.0.1:"));
    const std::string log = demo.log();
    const std::size_t start = log.find("http://127.0.0.1:");
    const std::string base = log.substr(start, log.find_first_not_of("0123456789", start + 17) - start);

    const SuiteFolder folder;
    const std::string suite = source_dir() + "/src/demo/suite.toml";
    const Finished finished =
        bench_suite(suite, {"--base-url", base, "-n", "40", "--blocks", "10", "--report", folder.path("r.md"),
                            "--json", folder.path("r.json"), "--junit", folder.path("r.xml")});
    INFO(finished.out + finished.err);
    CHECK(
        (finished.exit_code == 0 || finished.exit_code == 1 || finished.exit_code == 6)); // 1: a busy machine
    const json result = json::parse(content_of(folder.path("r.json")));
    for (const json& answer : result.at("asserts"))
        if (answer.at("endpoint").is_null()) CHECK(answer.at("verdict") == "pass");
    REQUIRE(result.at("endpoints").size() == 4);
    const json& dashboard = result.at("endpoints")[0];
    CHECK(dashboard.at("name") == "dashboard");
    CHECK(dashboard.at("url") == base + "/api/dashboard/summary?company=1");
    CHECK(dashboard.at("arms").at("cached").at("requests") == 3 * 40);
    CHECK(dashboard.at("asserts").size() == 2);
    CHECK(dashboard.at("asserts")[0].at("expr") == "mean_reduction >= 60%");
    CHECK(result.at("endpoints")[1].at("url") ==
          base + "/api/dashboard/trends?company=1&period=24m&compare=true");
    CHECK(result.at("endpoints")[1].at("arms").at("uncached").at("requests") == 40);
    CHECK(result.at("endpoints")[2].at("asserts").empty());
    CHECK(result.at("equality").at("mismatched") == 0);
    const std::string junit = content_of(folder.path("r.xml"));
    CHECK(junit.find("name=\"dashboard: mean_reduction ") != std::string::npos);
    CHECK(junit.find("name=\"no two endpoints share a cache entry\"/>") != std::string::npos);
    const std::string report = content_of(folder.path("r.md"));
    CHECK(report.find("| unpaid invoices<br>`/api/invoices?company=1&unpaid=true&page=2` |") !=
          std::string::npos);
    CHECK(finished.out.find("trends of two years") != std::string::npos);

    bench_suite(suite, {"--base-url", base, "-n", "40", "--blocks", "10", "--json", folder.path("s.json")});
    const Finished merged =
        run_roacache({"bench", "merge", folder.path("r.json"), folder.path("s.json"), "-o", "json"});
    CHECK(json::parse(merged.out).at("endpoints")[0].at("name") == "dashboard");
}

TEST_CASE("a suite's endpoints are judged by their own asserts", "[bench][suite]") {
    PythonServer server("tests/bench/odd_server.py");
    const SuiteFolder folder;
    const std::string file = folder.write(k_odd_suite + "base_url = \"" + server.url("/") + R"("
[[endpoints]]
name = "same"
url = "cache/same"
asserts = ["cached.p50 <= 60s", "mismatches == 0", "cached.requests == 120"]
[[endpoints]]
name = "stamped"
url = "/cache/stamped"
weight = 2
ignore_json = ["/meta/at", "cached"]
asserts = ["cached.requests == 240", "hit_rate >= 50%", "cached.mean <= 1us"]
)");
    const Finished finished = bench_suite(file, {"-o", "json"});
    INFO(finished.out + finished.err);
    CHECK(finished.exit_code == 1);
    const json result = json::parse(finished.out);
    CHECK(result.at("equality").at("mismatched") == 0);
    CHECK(result.at("asserts").size() == 1 + 3 + 3);
    for (const json& answer : result.at("endpoints")[0].at("asserts"))
        CHECK(answer.at("verdict") == "pass");
    const json& stamped = result.at("endpoints")[1].at("asserts");
    CHECK(stamped[0].at("verdict") == "pass");
    CHECK(stamped[2].at("verdict") == "fail");
    CHECK(stamped[2].at("endpoint") == "stamped");
    CHECK(result.at("reasons")[0].get<std::string>().find("stamped: cached.mean is ") == 0);

    INFO("the command line rules");
    const Finished overridden = bench_suite(
        file, {"-o", "json", "-n", "100", "--blocks", "12", "--assert", "errors <= 5", "--timeout", "20s"});
    const json less = json::parse(overridden.out);
    CHECK(less.at("endpoints")[1].at("arms").at("cached").at("requests") == 200);
    CHECK(less.at("asserts")[0].at("expr") == "errors <= 5");
    CHECK(less.at("plan").at("concurrency") == 2);
    CHECK(less.at("plan").at("timeout_ms") == 20'000);

    INFO("merged runs are judged by what the suite asks of all and of each, unless told otherwise");
    const std::string saved = folder.path("kept.json"), again = folder.path("again.json");
    CHECK(bench_suite(file, {"--json", saved}).exit_code == 1);
    CHECK(bench_suite(file, {"--json", again}).exit_code == 1);
    const json merged = json::parse(run_roacache({"bench", "merge", saved, again, "-o", "json"}).out);
    REQUIRE(merged.at("asserts").size() == 1 + 3 + 3);
    CHECK(merged.at("asserts")[0].at("expr") == result.at("asserts")[0].at("expr"));
    CHECK(merged.at("asserts")[0].at("verdict") == "pass");
    const Finished reported =
        run_roacache({"bench", "merge", saved, again, "-o", "json", "--assert", "cached.requests == 720"});
    CHECK(json::parse(reported.out).at("asserts")[0].at("expr") == "cached.requests == 720");
    CHECK(json::parse(reported.out).at("asserts")[0].at("verdict") == "pass");

    INFO("on a terminal and in text each endpoint has a line");
    const std::string text = bench_suite(file).out;
    CHECK(text.find("stamped: cached.mean") != std::string::npos);
    CHECK(text.find("2 of 3") != std::string::npos);
}

TEST_CASE("a suite's requests are sent as it describes them, and its secrets are never shown",
          "[bench][suite]") {
    PythonServer server("tests/bench/odd_server.py");
    const SuiteFolder folder;
    folder.write("{\"from\": \"a file\"}", "body.json");
    const std::string file = folder.write(k_odd_suite + "base_url = \"" + server.url("") + R"("
headers = { X-Tenant = "client-1", X-Key = "${TEST_API_KEY}" }
[[endpoints]]
name = "echo of ${TEST_API_KEY}"
url = "/echo"
body = "@body.json"
headers = { x-tenant = "client-2" }
params = { token_of = "${TEST_API_KEY}", plain = "a b" }
)");
    RunOptions options;
    options.env["TEST_API_KEY"] = "hunter2/+";
    const Finished finished = bench_suite(file,
                                          {"-n", "20", "--blocks", "10", "-H", "X-More: 1", "--report",
                                           folder.path("r.md"), "-o", "json", "-v"},
                                          options);
    INFO(finished.out + finished.err);
    CHECK(finished.exit_code == 1); // both arms are echoed, and one has a header more
    const json result = json::parse(finished.out);
    CHECK(result.at("arms").at("cached").at("errors").empty());
    CHECK(result.at("equality").at("mismatches").size() == 1);
    CHECK(result.at("endpoints")[0].at("name") == "echo of ***");
    const std::string everything = finished.out + finished.err + content_of(folder.path("r.md"));
    CHECK(everything.find("hunter2") == std::string::npos);
    CHECK(result.at("endpoints")[0].at("url").get<std::string>().find("plain=a%20b") != std::string::npos);

    options.env.clear();
    const Finished unset = bench_suite(file, {}, options);
    CHECK(unset.exit_code == 2);
    CHECK(unset.err.find("the environment variable TEST_API_KEY is not set") != std::string::npos);
}

TEST_CASE("an endpoint of one resource is judged by what the profile wants of that",
          "[bench][suite][goals]") {
    PythonServer server("tests/bench/odd_server.py");
    const SuiteFolder folder;
    const std::string profile =
        folder.write("name = \"shop\"\ntargets = [\"errors == 0\"]\n"
                     "[[layouts]]\ntemplate = \"basket:{id}\"\nresource = \"basket\"\n"
                     "[[layouts]]\ntemplate = \"list:{id}\"\nresource = \"list\"\n"
                     "[endpoint_targets]\n"
                     "basket = [\"cached.mean <= 1us\", \"cached.p99 <= 60s\"]\n"
                     "list = [\"cached.mean <= 60s\"]\n",
                     "shop.toml");
    std::string suite = "base_url = \"" + server.url("/") + "\"\n";
    for (const char* endpoint :
         {"name = \"basket\"\nresource = \"basket\"", "name = \"list\"\nresource = \"list\"",
          "name = \"both\"", "name = \"own\"\nresource = \"basket\"\nasserts = [\"mismatches == 0\"]"})
        suite += std::string("[[endpoints]]\nurl = \"/cache/same\"\n") + endpoint + "\n";
    const std::string head = "uncached_header = \"Cache-Control: no-cache\"\nhit_header = \"X-Cache: HIT\"\n"
                             "requests = 120\nblocks = 10\nconcurrency = 2\n";
    const std::string file = folder.write(head + suite);
    const Finished finished = bench_suite(file, {"-p", profile, "-o", "json"});
    INFO(finished.out + finished.err);
    CHECK(finished.exit_code == 1);
    const json endpoints = json::parse(finished.out).at("endpoints");
    const auto exprs_of = [&](std::size_t endpoint) {
        std::vector<std::string> exprs;
        for (const json& answer : endpoints.at(endpoint).at("asserts"))
            exprs.push_back(answer.at("expr"));
        return exprs;
    };
    CHECK(exprs_of(0) == std::vector<std::string>{"cached.mean <= 1us"});
    CHECK(endpoints.at(0).at("asserts").at(0).at("verdict") == "fail");
    CHECK(exprs_of(1) == std::vector<std::string>{"cached.mean <= 60s"});
    CHECK(endpoints.at(1).at("asserts").at(0).at("verdict") == "pass");
    CHECK(exprs_of(2).empty());
    CHECK(exprs_of(3) == std::vector<std::string>{"mismatches == 0"});
    // What so small a run cannot tell is left out, and said.
    CHECK(
        finished.out.find("The target cached.p99 <= 60s of basket was left out: assert cannot be answered") !=
        std::string::npos);
    // Asserts of the user's own take the place of all that the profile wants.
    const json own =
        json::parse(bench_suite(file, {"-p", profile, "--assert", "errors == 0", "-o", "json"}).out);
    CHECK(own.at("endpoints").at(0).at("asserts").empty());
}

TEST_CASE("a suite is wholly checked before anything is sent", "[bench][suite]") {
    const std::string header = "uncached_header = \"Cache-Control: no-cache\"\n";
    const std::string good = "[[endpoints]]\nname = \"a\"\nurl = \"/a\"\n";
    const std::string bad = "[[endpoints]]\nname = \"b\"\nurl = \"/b\"\n";
    CHECK(refused_suite(header + good + bad + "asserts = [\"speed >= 1\"]\n").find("9:12: bad assert: ") ==
          0);
    CHECK(refused_suite(header + good + bad + "asserts = [\"hit_rate >= 90%\"]\n")
              .find("9:12: assert cannot be answered: ") == 0);
    CHECK(refused_suite(header + good + bad + "asserts = [\"total_time_reduction >= 9%\"]\n")
              .find("9:12: bad assert: ") == 0);
    CHECK(
        refused_suite(header + good + bad + "ignore_json = [\"a..b\"]\n").find("9:16: ignore_json: 'a..b'") ==
        0);
    CHECK(refused_suite(header + good + bad + "hit_header = \"X: y\"\n")
              .find("6:1: endpoint 'b': some endpoints") == 0);
    CHECK(refused_suite(header + good + "hit_header = [\"Age\", \"HIT\"]\n")
              .find("6:22: hit_header: HIT: not a header") == 0);
    CHECK(refused_suite(good).find("2:1: endpoint 'a': nothing says how its uncached answer is made") == 0);
    CHECK(refused_suite(header + good + bad + "body = \"@nowhere\"\n")
              .find("6:1: endpoint 'b': cannot read: ") == 0);
    CHECK(refused_suite(header + "[[endpoints]]\nname = \"a\"\nurl = \"ftp://x/\"\n")
              .find("3:1: endpoint 'a': bad URL") == 0);
    CHECK(refused_suite(header + good + "where = { nonsense = 1 }\nresource = \"no:such:thing\"\n")
              .find("3:1: endpoint 'a': ") == 0);
    CHECK(refused_suite("wieght = 1\n" + good).find("2:1: unknown key 'wieght'") == 0);
    CHECK(refused_suite(header + good, {"http://127.0.0.1:1/"}) ==
          "roacache: usage: bench: --suite and URLs do not go together\n"
          "The endpoints of a suite say what is asked; --base-url says of whom.\n");
    for (const std::vector<std::string>& more :
         {std::vector<std::string>{"--demo"}, {"-m", "PUT"}, {"-d", "x"}, {"--uncached-url", "http://h/"}})
        CHECK(refused_suite(header + good, more).find("roacache: usage: bench: --suite and ") == 0);
    CHECK(refused_suite(header + good, {"--connect-to", "h:1:127.0.0.1:2"}) ==
          "roacache: --connect-to: h:1:127.0.0.1:2: no URL is called so\nThe URLs are of 127.0.0.1:1.\n");
    CHECK(run_roacache({"bench", "--base-url", "http://h"}).exit_code == 2);
    CHECK(run_roacache({"bench", "--suite", "/nonexistent.toml"}).exit_code == 2);
    const SuiteFolder folder;
    CHECK(bench_suite(folder.write(header + "base_url = \"http://127.0.0.1:1\"\n" + good)).exit_code == 3);
}
