// Hits proven by the answers' own bodies: bench --hit-json.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

const std::string k_tier_proof = "/metadata/source=L1,L2";

struct TieredService {
    PythonServer server{"tests/cli/tiered_service.py"};

    Finished bench(const std::string& target, std::vector<std::string> more,
                   const std::string& proof = k_tier_proof) const {
        more.insert(more.begin(),
                    {"bench", server.url(target), "--uncached-header", "Cache-Control: no-cache",
                     "--ignore-json", "/metadata/number", "--hit-json", proof, "-n", "400", "-c", "2",
                     "--blocks", "10", "-o", "json"});
        return run_roacache(more);
    }
};

} // namespace

TEST_CASE("a place in the answers proves the hits, and names their tiers", "[bench][tiers]") {
    const TieredService service;
    for (const std::string target : {"/tiers", "/tiers?gzip=1"}) {
        INFO(target);
        const Finished finished =
            service.bench(target, {"--assert", "hit_rate >= 95%", "--assert", "tier.L1.p50 <= 1s", "--assert",
                                   "tier.L2.mean <= 1s", "--assert", "tier.L1.share >= 80%", "--assert",
                                   "tier.Oracle.share <= 5%"});
        INFO(finished.err << finished.out.substr(0, 1500));
        REQUIRE(finished.exit_code == 0);
        const json arms = json::parse(finished.out).at("arms");
        CHECK(arms.at("cached").at("proven_hits") == 400);
        CHECK(arms.at("uncached").at("proven_misses") == 400);
        const json& tiers = arms.at("cached").at("tiers");
        CHECK(tiers.size() == 2);
        CHECK(tiers.at("L1").at("answers").get<int>() + tiers.at("L2").at("answers").get<int>() == 400);
        CHECK(tiers.at("L2").at("share").get<double>() == Approx(0.1).margin(0.03));
        CHECK(tiers.at("L1").at("latency_ms").at("mean").get<double>() > 0);
        CHECK(arms.at("uncached").at("tiers").at("Oracle").at("answers") == 400);
    }
}

TEST_CASE("a flag in the answers proves hits without a list of values", "[bench][tiers]") {
    const TieredService service;
    const Finished finished =
        service.bench("/tiers?flag=1", {"--assert", "hit_rate >= 95%"}, "metadata.source");
    INFO(finished.err << finished.out.substr(0, 1500));
    REQUIRE(finished.exit_code == 0);
    CHECK(json::parse(finished.out).at("arms").at("cached").at("tiers").at("true").at("answers") == 400);
}

TEST_CASE("answers that name no tier, or another one, do not pass", "[bench][tiers]") {
    const TieredService service;
    const Finished silent = service.bench("/tiers?silent=1", {"--assert", "errors == 0"});
    CHECK(silent.exit_code == 6);
    CHECK(silent.out.find("what is at the place of /metadata/source=L1,L2") != std::string::npos);
    const Finished cold = service.bench("/tiers?cold=1", {"--assert", "errors == 0"});
    CHECK(cold.exit_code == 1);
    CHECK(cold.out.find("The cached arm never hit") != std::string::npos);
    const Finished absent = service.bench("/tiers", {"--assert", "tier.L3.p50 <= 1ms"});
    CHECK(absent.exit_code == 6);
    CHECK(absent.out.find("no answer of the cached arm said that it is of L3 (they said: L1, L2)") !=
          std::string::npos);
}

TEST_CASE("a proof in the answers that cannot be is refused", "[bench][tiers]") {
    const TieredService service;
    for (const auto& [proof, why] :
         std::vector<std::pair<std::string, std::string>>{{"/meta/*/source=L1", "has no *"},
                                                          {"/source=L1,,L2", "a value is missing"},
                                                          {"/source=", "a value"},
                                                          {"=L1", "--hit-json"}}) {
        const Finished finished = service.bench("/tiers", {}, proof);
        INFO(proof << "\n" << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find(why) != std::string::npos);
    }
    const Finished none = run_roacache(
        {"bench", service.server.url("/tiers"), "--uncached-query", "a=1", "--assert", "tier.L1.p50 <= 1ms"});
    CHECK(none.exit_code == 2);
    CHECK(none.err.find("nothing says of which tier an answer is") != std::string::npos);
}

TEST_CASE("tiers are in the reports, in saved runs and in suites", "[bench][tiers][suite]") {
    const TieredService service;
    const TempDir folder;
    const auto path = [&](const char* name) { return (folder.path() / name).string(); };
    std::ofstream(folder.path() / "s.toml")
        << "base_url = \"" << service.server.url("") << "\"\nuncached_header = \"Cache-Control: no-cache\"\n"
        << "ignore_json = [\"/metadata/number\"]\nrequests = 200\nblocks = 10\nconcurrency = 2\n"
        << "hit_json = \"/metadata/source=L1,L2\"\nasserts = [\"hit_rate >= 90%\"]\n"
        << "[[endpoints]]\nname = \"a\"\nurl = \"/tiers\"\nasserts = [\"tier.L1.p50 <= 1s\"]\n"
        << "[[endpoints]]\nname = \"b\"\nurl = \"/tiers?flag=1\"\nhit_json = \"/metadata/source\"\n";
    const Finished finished = run_roacache({"bench", "--suite", path("s.toml"), "--report", path("r.md"),
                                            "--json", path("r.json"), "--junit", path("r.xml")});
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    const auto content = [&](const char* name) {
        std::ostringstream text;
        text << std::ifstream(folder.path() / name).rdbuf();
        return text.str();
    };
    CHECK(finished.out.find("L1: ") != std::string::npos);
    CHECK(content("r.md").find("good answers of the cached arm (") != std::string::npos);
    REQUIRE(run_roacache({"bench", "--suite", path("s.toml"), "--json", path("s.json")}).exit_code == 0);
    const Finished merged = run_roacache({"bench", "merge", path("r.json"), path("s.json"), "-o", "json"});
    INFO(merged.err);
    REQUIRE(merged.exit_code == 0);
    const auto of_l1 = [](const std::string& run) {
        return json::parse(run).at("arms").at("cached").at("tiers").at("L1").at("answers").get<int>();
    };
    const json both = json::parse(merged.out);
    CHECK(of_l1(merged.out) == of_l1(content("r.json")) + of_l1(content("s.json")));
    CHECK(both.at("endpoints").at(1).at("hit_json") == "/metadata/source=true");
}

TEST_CASE("the hybrid portal's answers say whether L1, L2 or Oracle answered", "[bench][tiers][judged]") {
    for (const auto& [tier, ttl] : {std::pair("L1", "300"), std::pair("L2", "0")}) {
        const PythonServer portal("tests/systems/hybrid_service.py",
                                  {"--workers", "2", "--slow-read-ms", "2"}, {{"CACHE_L1_TTL", ttl}});
        const Finished single = run_roacache({"bench",
                                              "--single",
                                              portal.url("/api/dashboard/summary?company=1"),
                                              "-H",
                                              "Authorization: Bearer token-ana",
                                              "-p",
                                              "roa2web-hybrid",
                                              "--hit-json",
                                              k_tier_proof,
                                              "-n",
                                              "200",
                                              "-c",
                                              "2",
                                              "--blocks",
                                              "10",
                                              "--warmup",
                                              "20",
                                              "--assert",
                                              "hit_rate >= 95%",
                                              "--assert",
                                              std::string("tier.") + tier + ".mean <= 1s",
                                              "-o",
                                              "json"});
        INFO(single.err << single.out.substr(0, 1500));
        REQUIRE(single.exit_code == 0);
        const json run = json::parse(single.out), &tiers = run.at("arms").at("single").at("tiers");
        CHECK(tiers.at(tier).at("answers") == 200);
    }
}
