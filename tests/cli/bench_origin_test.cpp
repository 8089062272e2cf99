// What the origin is asked in each arm: bench --origin-counter.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

struct QueriedService {
    PythonServer server{"tests/cli/queried_service.py"};

    std::string counter(const std::string& query = "", const std::string& place = "#/db/queries") const {
        return server.url("/count" + (query.empty() ? "" : "?" + query)) + place;
    }
    Finished bench(const std::string& counted_by, std::vector<std::string> more = {},
                   const std::string& target = "/report") const {
        more.insert(more.begin(),
                    {"bench", server.url(target), "--uncached-header", "Cache-Control: no-cache",
                     "--hit-header", "X-Cache: HIT", "-n", "200", "-c", "4", "--blocks", "10", "-o", "json",
                     "--origin-counter", counted_by});
        return run_roacache(more);
    }
};

const std::vector<std::string> k_saves{"--assert", "origin_reduction >= 60%"};

} // namespace

TEST_CASE("the queries of each arm are counted for every request that was sent", "[bench][origin]") {
    const QueriedService service;
    const std::string command = "curl -s '" + service.counter("as=plain", "") + "'";
    for (const std::string& counter :
         {service.counter(), service.counter("", "#db.queries"), service.counter("as=text"),
          service.counter("as=plain", ""), service.counter("own=3"), command}) {
        INFO(counter);
        const Finished finished = service.bench(counter, {"--assert", "origin_reduction >= 60%", "--assert",
                                                          "uncached.origin_queries >= 11", "--assert",
                                                          "cached.origin_queries <= 1"});
        INFO(finished.err << finished.out.substr(0, 600));
        REQUIRE(finished.exit_code == 0);
        const json run = json::parse(finished.out), &origin = run.at("origin");
        const json &cached = origin.at("arms").at("cached"), &uncached = origin.at("arms").at("uncached");
        CHECK(uncached.at("requests") == run.at("arms").at("uncached").at("sent"));
        CHECK(uncached.at("requests") > 200); // with those that keep the connections busy
        CHECK(uncached.at("queries") == 12 * uncached.at("requests").get<int>());
        CHECK(cached.at("queries") == 0);
        CHECK(origin.at("reduction") == 1.0);
        CHECK(origin.at("ci").at(0) < 1.0); // no query in some hundred requests is no certainty
        CHECK(origin.at("unknown").is_null());
        CHECK(origin.at("own") == (counter == service.counter("own=3") ? 3 : 0));
    }
}

TEST_CASE("a cache that misses often saves fewer queries", "[bench][origin]") {
    const QueriedService service;
    const auto fails = service.bench(service.counter(), k_saves, "/report?every=2");
    INFO(fails.err << fails.out);
    CHECK(fails.exit_code == 1);
    const json run = json::parse(fails.out);
    CHECK(run.at("origin").at("reduction").get<double>() == Approx(0.5).margin(0.05));
    CHECK(run.at("reasons").dump().find("origin_reduction is ") != std::string::npos);
    const auto holds = service.bench(service.counter(), k_saves, "/report?every=10");
    CHECK(holds.exit_code == 0);
    const auto undecided =
        service.bench(service.counter(), {"--assert", "origin_reduction >= 90%"}, "/report?every=10");
    CHECK(undecided.exit_code == 6);
}

TEST_CASE("a counter that tells nothing to rely on gives no figure", "[bench][origin]") {
    const auto unknown = [&](const std::string& query) {
        const QueriedService service;
        const Finished finished = service.bench(service.counter(query), k_saves);
        INFO(query << "\n" << finished.err << finished.out.substr(0, 1000));
        CHECK(finished.exit_code == 6);
        const json run = json::parse(finished.out), &origin = run.at("origin");
        CHECK(origin.at("reduction").is_null());
        CHECK(origin.at("arms").empty());
        CHECK(run.at("asserts").at(0).at("value").is_null());
        return origin.at("unknown").get<std::string>();
    };
    CHECK(unknown("stuck=1").find("did not move while") != std::string::npos);
    CHECK(unknown("back=1000").find("went back") != std::string::npos);
    CHECK(unknown("fails=12").find("it answers 500") != std::string::npos);
}

TEST_CASE("who else uses the origin is found out", "[bench][origin]") {
    const QueriedService service;
    const Finished finished = service.bench(service.counter("others=500"), k_saves);
    CHECK(finished.exit_code == 6);
    CHECK(finished.out.find("when nothing was asked") != std::string::npos);
}

TEST_CASE("a counter that cannot be read at all is an error before anything is asked", "[bench][origin]") {
    const QueriedService service;
    const auto refusal = [&](const std::string& counter, int code) {
        const Finished finished = service.bench(counter);
        INFO(counter << "\n" << finished.err);
        CHECK(finished.exit_code == code);
        CHECK(nlohmann::json::parse(finished.out).at("outcome") != "done");
        CHECK(finished.err.find("cannot read the origin's counter: ") != std::string::npos);
        CHECK(lines_in(finished.err) <= 2);
        return finished.err;
    };
    refusal(service.counter("as=word"), 2);
    refusal(service.counter("", "#/db/inserts"), 2);
    refusal(service.counter("", "#/db"), 2);
    refusal(service.counter("fails=1"), 4);
    refusal(service.server.url("/report") + "#/nothing", 2);
    refusal("http://127.0.0.1:1/count#/db/queries", 3);
    CHECK(refusal("echo 5 queries", 2).find("It printed: 5 queries") != std::string::npos);
    refusal("echo -5", 2);
    refusal("echo 1.5", 2);
    refusal("true", 2);
    refusal("echo 5; exit 3", 2);
    CHECK(refusal("echo password=s3cret", 2).find("s3cret") == std::string::npos);
    CHECK(refusal("http://ana:s3cret@127.0.0.1:1/count", 3).find("s3cret") == std::string::npos);
}

TEST_CASE("a counter's command that hangs is ended", "[bench][origin]") {
    const QueriedService service;
    const Finished finished = service.bench("sleep 600", {"--timeout", "300ms"});
    CHECK(finished.exit_code == 3);
    CHECK(finished.err.find("it took longer than 300 ms") != std::string::npos);
}

TEST_CASE("what the origin's queries cannot be told of is refused", "[bench][origin]") {
    const QueriedService service;
    const auto refused = [](const Finished& finished, const std::string& why) {
        INFO(finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find(why) != std::string::npos);
    };
    refused(service.bench(service.counter(), {"--rate", "100"}), "--rate and --origin-counter");
    refused(service.bench(service.counter("", "#/db/*")), "has no *");
    refused(run_roacache({"bench", service.server.url("/report"), "--uncached-query", "a=1", "--assert",
                          "origin_reduction >= 60%"}),
            "nothing counts what the origin is asked");
}

TEST_CASE("the origin's queries are in every report, and a saved run has them", "[bench][origin]") {
    const QueriedService service;
    const TempDir folder;
    const auto path = [&](const char* name) { return (folder.path() / name).string(); };
    const Finished finished = service.bench(
        service.counter(), {"--assert", "origin_reduction >= 60%", "--report", path("r.md"), "--json",
                            path("r.json"), "--junit", path("r.xml"), "--no-compare"});
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    const auto content = [&](const char* name) {
        std::ostringstream text;
        text << std::ifstream(folder.path() / name).rdbuf();
        return text.str();
    };
    CHECK(content("r.md").find("queries a request of the uncached arm") != std::string::npos);
    CHECK(content("r.md").find("## What reaches the origin") != std::string::npos);
    CHECK(content("r.xml").find("origin_reduction") != std::string::npos);
    REQUIRE(service
                .bench(service.counter(),
                       {"--assert", "origin_reduction >= 60%", "--json", path("s.json"), "--no-compare"})
                .exit_code == 0);
    const Finished merged = run_roacache({"bench", "merge", path("r.json"), path("s.json"), "-o", "json"});
    INFO(merged.err);
    REQUIRE(merged.exit_code == 0);
    const auto queries = [](const std::string& run) {
        return json::parse(run).at("origin").at("arms").at("uncached").at("queries").get<int>();
    };
    const json both = json::parse(merged.out);
    CHECK(queries(merged.out) == queries(content("r.json")) + queries(content("s.json")));
    CHECK(both.at("origin").at("reduction") == 1.0);
}

TEST_CASE("a suite names a URL that counts, and no command", "[bench][origin][suite]") {
    const QueriedService service;
    const TempDir folder;
    const auto bench = [&](const std::string& lines, const std::string& of_endpoint = "") {
        std::ofstream(folder.path() / "s.toml")
            << "base_url = \"" << service.server.url("")
            << "\"\nuncached_header = \"Cache-Control: no-cache\"\n"
            << "hit_header = \"X-Cache: HIT\"\nrequests = 100\nblocks = 10\nconcurrency = 2\n"
            << lines << "\n[[endpoints]]\nname = \"a\"\nurl = \"/report\"\n"
            << of_endpoint << "\n[[endpoints]]\nname = \"b\"\nurl = \"/report?b\"\n";
        return run_roacache({"bench", "--suite", (folder.path() / "s.toml").string(), "-o", "json"});
    };
    const Finished counted =
        bench("origin_counter = \"/count#/db/queries\"\nasserts = [\"origin_reduction >= 60%\"]");
    INFO(counted.err << counted.out.substr(0, 600));
    REQUIRE(counted.exit_code == 0);
    CHECK(json::parse(counted.out).at("origin").at("reduction") == 1.0);
    const Finished command = bench("origin_counter = \"touch /tmp/x\"");
    CHECK(command.exit_code == 2);
    CHECK(command.err.find("a suite runs no commands") != std::string::npos);
    const Finished of_one =
        bench("origin_counter = \"/count#/db/queries\"", "asserts = [\"origin_reduction >= 60%\"]");
    CHECK(of_one.exit_code == 2);
    CHECK(of_one.err.find("for all endpoints together") != std::string::npos);
}

TEST_CASE("the portal on Redis asks its database for misses alone", "[bench][origin][judged]") {
    const RedisServer redis;
    const PythonServer portal("tests/systems/roa_service.py", {"--slow-read-ms", "2"},
                              {{"REDIS_ENABLED", "true"}, {"REDIS_URL", redis.url() + "/0"}});
    const Finished finished = run_roacache({"bench",
                                            portal.url("/api/treasury?company=1"),
                                            "-u",
                                            redis.url() + "/0",
                                            "-p",
                                            "roa2web",
                                            "--uncached-by",
                                            "invalidate",
                                            "-r",
                                            "treasury_data",
                                            "--ignore-json",
                                            "/total",
                                            "--ignore-json",
                                            "/read_at",
                                            "-n",
                                            "60",
                                            "--blocks",
                                            "10",
                                            "--origin-counter",
                                            portal.url("/judge/reads#/total"),
                                            "--assert",
                                            "origin_reduction >= 60%",
                                            "-o",
                                            "json"});
    INFO(finished.err << finished.out.substr(0, 800));
    REQUIRE(finished.exit_code == 0);
    const json arms = json::parse(finished.out).at("origin").at("arms");
    CHECK(arms.at("uncached").at("per_request") == 1.0);
    CHECK(arms.at("cached").at("per_request") == 0.0);
}
