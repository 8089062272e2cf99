// Each system measured as its own operators would, with its profile's targets, on the services that were
// written from the systems' documents alone.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

const std::vector<std::string> k_slow{"--slow-read-ms", "60"};

using Environment = std::map<std::string, std::string>;

Environment cached_in(const RedisServer& redis, Environment more = {}) {
    more.insert({{"REDIS_URL", redis.url() + "/0"}, {"REDIS_ENABLED", "true"}});
    return more;
}

Finished measure(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "bench");
    arguments.insert(arguments.end(), {"-o", "json"});
    return run_roacache(arguments);
}

/// The judgement of a target of the profile. Each agrees with its figure; those in milliseconds are the
/// machine's, and hold or not.
const json& judgement_of(const json& run, const std::string& expr) {
    const json& asserts = run.at("asserts");
    const auto found =
        std::find_if(asserts.begin(), asserts.end(), [&](const json& one) { return one.at("expr") == expr; });
    INFO(expr << " in " << asserts.dump());
    REQUIRE(found != asserts.end());
    return *found;
}

void check_holds(const json& run, const std::vector<std::string>& exprs) {
    for (const std::string& expr : exprs) {
        INFO(expr << " of " << run.at("asserts").dump());
        CHECK(judgement_of(run, expr).at("verdict") == "pass");
    }
}

} // namespace

TEST_CASE("the portal on Redis, off and on, by the plan of its documents", "[bench][judged]") {
    const RedisServer redis;
    const std::string script = "tests/systems/roa_service.py";
    const std::vector<std::string> slow{"--slow-read-ms", "300"}; // the documents measured 800
    const PythonServer on(script, slow, cached_in(redis)), off(script, slow, {{"REDIS_ENABLED", "false"}});
    const std::string page = "/api/dashboard/summary?company=123";
    const TempDir folder;
    const std::string report = (folder.path() / "REDIS_PERFORMANCE_BENCHMARK.md").string();
    const Finished finished = measure({on.url(page), "--uncached-url", off.url(page), "-n", "100", "-c", "10",
                                       "-p", "roa2web", "-u", redis.url() + "/0", "--ignore-json", "/total",
                                       "--ignore-json", "/read_at", "--report", report});
    INFO(finished.err << finished.out.substr(0, 3000));
    REQUIRE(finished.exit_code == 0);
    check_holds(json::parse(finished.out),
                {"hit_rate >= 90%", "mean_reduction >= 60%", "total_time_reduction >= 75%", "errors == 0"});
    CHECK(std::filesystem::file_size(report) > 1000);
}

TEST_CASE("the hybrid portal, its user's cache off and on, tier by tier", "[bench][judged]") {
    const PythonServer portal("tests/systems/hybrid_service.py", k_slow);
    const TempDir folder;
    const std::string token = (folder.path() / "token").string();
    std::ofstream(token) << "token-ana\n";
    std::filesystem::permissions(token, std::filesystem::perms::owner_read);
    const Finished finished =
        measure({portal.url("/api/dashboard/summary?company=1"), "-H", "Authorization: Bearer token-ana",
                 "--uncached-by", "toggle", "--toggle-url", portal.url("/api/cache"), "--token-file", token,
                 "-p", "roa2web-hybrid", "--hit-json", "/metadata/source=L1,L2", "--ignore-json", "/metadata",
                 "-n", "100", "-c", "2"});
    INFO(finished.err << finished.out.substr(0, 3000));
    const json run = json::parse(finished.out);
    check_holds(run, {"hit_rate >= 90%", "mean_reduction >= 60%", "errors == 0"});
    CHECK(run.at("arms").at("cached").at("tiers").contains("L1"));
    CHECK(run.at("arms").at("uncached").at("proven_hits") == 0);
}

TEST_CASE("the HR portal, whose entries are removed before each request", "[bench][judged][origin]") {
    const RedisServer redis;
    const PythonServer portal("tests/systems/hr_service.py", k_slow, cached_in(redis));
    const std::string counter = portal.url("/judge/reads") + "#/total";
    const auto forced = [&](const std::string& page, std::vector<std::string> more) {
        more.insert(more.begin(),
                    {portal.url(page), "-p", "hr-portal", "-u", redis.url() + "/0", "--uncached-by",
                     "invalidate", "--ignore-json", "/metadata/timestamp", "-n", "50", "--blocks", "10"});
        return measure(more);
    };
    const Finished summary = forced("/api/dashboard/summary/7", {"-r", "dashboard_summary"});
    INFO(summary.err << summary.out.substr(0, 3000));
    const json run = json::parse(summary.out);
    check_holds(run, {"hit_rate >= 85%", "mean_reduction >= 60%", "errors == 0"});
    CHECK(judgement_of(run, "cached.mean <= 50ms").at("value").get<double>() ==
          Approx(run.at("arms").at("cached").at("latency_ms").at("mean").get<double>()).epsilon(0.01));

    const Finished saved = forced("/api/employees?page=3", {"-r", "list", "--origin-counter", counter,
                                                            "--assert", "origin_reduction >= 90%"});
    INFO(saved.err << saved.out.substr(0, 3000));
    CHECK(saved.exit_code == 0);

    // A salary of 0 is read anew each time: `if cached:` takes it for absent, although Redis has it.
    const Finished falsy = forced("/api/salary/5/1900-01", {"-r", "salary"});
    INFO(falsy.err << falsy.out.substr(0, 3000));
    CHECK(falsy.exit_code == 1);
    CHECK(judgement_of(json::parse(falsy.out), "mean_reduction >= 60%").at("verdict") == "fail");
}

TEST_CASE("the Tally portal, synced before each request", "[bench][judged][origin]") {
    const RedisServer redis;
    const PythonServer portal("tests/systems/tally_service.py", k_slow,
                              {{"REDIS_ENABLED", "true"},
                               {"REDIS_PORT", std::to_string(redis.port())},
                               {"REDIS_HOST", "127.0.0.1"}});
    const std::string guid = "3f2504e0-4f89-11d3-9a0c-0305e82c3301";
    const auto synced = [&](const std::string& page, std::vector<std::string> more) {
        more.insert(more.begin(),
                    {portal.url(page), "-p", "tally-portal", "-u", redis.url() + "/0", "--uncached-by",
                     "invalidate", "-e", "sync-completed=" + guid, "-n", "50", "--blocks", "10"});
        return measure(more);
    };
    const Finished dashboard = synced("/api/dashboard/" + guid + "?from=2025-01-01", {});
    INFO(dashboard.err << dashboard.out.substr(0, 3000));
    check_holds(json::parse(dashboard.out), {"hit_rate >= 80%", "errors == 0"});
    const Finished companies =
        synced("/api/companies", {"--origin-counter", portal.url("/judge/reads") + "#/total", "--assert",
                                  "origin_reduction >= 80%", "--assert", "hit_rate >= 80%"});
    INFO(companies.err << companies.out.substr(0, 3000));
    CHECK(companies.exit_code == 0);
}

TEST_CASE("the point of sale, with its cache disabled and enabled", "[bench][judged][suite]") {
    const RedisServer redis;
    const std::string script = "tests/systems/salon_service.py";
    const PythonServer on(script, k_slow, cached_in(redis)),
        off(script, k_slow, cached_in(redis, {{"DISABLE_CACHE", "true"}}));
    redis.cli({"SET", "session:somebody", "{}"});
    const TempDir folder;
    const std::string suite = (folder.path() / "salon.toml").string();
    const auto endpoint = [&](const char* resource, const std::string& page) {
        return "[[endpoints]]\nname = \"" + std::string(resource) + "\"\nresource = \"" + resource +
               "\"\nurl = \"" + on.url(page) + "\"\nuncached_url = \"" + off.url(page) + "\"\n";
    };
    std::ofstream(suite) << "profile = \"salonos\"\nrequests = 100\nconcurrency = 2\nblocks = 10\n"
                         << endpoint("settings", "/api/settings")
                         << endpoint("dashboard_metrics", "/api/dashboard/metrics?date=2025-11-01")
                         << endpoint("dashboard_top_services",
                                     "/api/dashboard/top-services?date=2025-11-01&limit=5")
                         << endpoint("catalog_categories", "/api/catalog/categories?active=true");
    const Finished finished = measure({"--suite", suite, "-u", redis.url() + "/0"});
    INFO(finished.err << finished.out.substr(0, 4000));
    const json run = json::parse(finished.out);
    check_holds(run, {"hit_rate >= 70%", "mean_reduction >= 50%", "errors == 0"});
    CHECK(redis.cli({"EXISTS", "session:somebody"}) == "1");
}
