// The same question by two users: bench --as.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Files with a token each.
class Tokens {
  public:
    explicit Tokens(const std::string& ana, const std::string& bob) {
        write("ana", ana);
        write("bob", bob);
    }
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    std::vector<std::string> both() const { return {"--as", path("ana"), "--as", path("bob")}; }

  private:
    void write(const std::string& name, const std::string& token) {
        std::ofstream(folder_.path() / name) << token << "\n";
    }
    TempDir folder_;
};

Finished bench_as(const std::string& url, const Tokens& tokens, std::vector<std::string> more = {}) {
    if (std::find(more.begin(), more.end(), "--no-compare") == more.end())
        more.insert(more.end(), {"--ignore-json", "/metadata/number"});
    more.insert(more.begin(), {"bench", url, "-n", "40", "-c", "2", "--blocks", "10", "-o", "json",
                               "--assert", "errors == 0"});
    for (const std::string& word : tokens.both())
        more.push_back(word);
    return run_roacache(more);
}

const std::vector<std::string> k_bypass_and_proof{"--uncached-header", "Cache-Control: no-cache",
                                                  "--hit-json", "/metadata/source=L1,L2"};

} // namespace

TEST_CASE("a cached answer that crosses over from one user to the other fails the run", "[bench][users]") {
    const Tokens tokens("ana-token", "bob-token");
    const RedisServer redis;
    const PythonServer service("tests/cli/tiered_service.py", {std::to_string(redis.port())});
    for (const std::string target : {"/shared", "/denied"}) {
        std::vector<std::string> more = k_bypass_and_proof;
        more.insert(more.end(), {"-u", redis.url()});
        const Finished finished = bench_as(service.url(target), tokens, more);
        INFO(finished.err << finished.out.substr(0, 2000));
        CHECK(finished.exit_code == 1);
        const json run = json::parse(finished.out), &check = run.at("users").at(0);
        CHECK(check.at("outcome") == "crossed");
        CHECK(check.at("served") == 2);
        CHECK(run.at("reasons").at(0).get<std::string>().find(target) != std::string::npos);
        CHECK(run.at("reasons").at(0).get<std::string>().find("user 2 was served the answer of user 1") !=
              std::string::npos);
        if (target == "/shared")
            CHECK(check.at("keys") == json::array({"cache:default:shared:0123456789ab"}));
        else
            CHECK(check.at("places").dump().find("status") != std::string::npos);
        for (const char* secret : {"ana-token", "bob-token"})
            CHECK((finished.out + finished.err).find(secret) == std::string::npos);
    }
}

TEST_CASE("what each user gets of his own crosses nothing over", "[bench][users]") {
    const Tokens tokens("ana-token", "bob-token");
    const PythonServer service("tests/cli/tiered_service.py");
    const auto check = [&](const std::string& target, int code, const std::string& outcome) {
        std::vector<std::string> more = k_bypass_and_proof;
        if (target == "/varying") more = {"--uncached-header", "Cache-Control: no-cache", "--no-compare"};
        const Finished finished = bench_as(service.url(target), tokens, more);
        INFO(target << "\n" << finished.err << finished.out.substr(0, 2000));
        CHECK(finished.exit_code == code);
        const json run = json::parse(finished.out);
        CHECK(run.at("users").at(0).at("outcome") == outcome);
        return run.at("users").at(0);
    };
    CHECK(check("/own", 0, "own").at("places").dump().find("/data/asked_by") != std::string::npos);
    check("/tiers", 0, "equal");
    check("/varying", 6, "unknown");
    const Finished table =
        run_roacache({"bench", service.url("/tiers"), "--uncached-header", "Cache-Control: no-cache",
                      "--ignore-json", "/metadata", "-n", "20", "-c", "1", "--blocks", "10", "--as",
                      tokens.path("ana"), "--as", tokens.path("bob"), "--assert", "errors == 0"});
    INFO(table.out << table.err);
    CHECK(table.out.find("it proves nothing") != std::string::npos);
}

TEST_CASE("a token that is no longer good proves nothing", "[bench][users]") {
    const PythonServer service("tests/cli/tiered_service.py");
    for (const std::string status : {"401", "302", "503", "200"}) {
        const Tokens tokens("ana-token", "gone" + status + "-token");
        for (const char* target : {"/own", "/denied"}) {
            std::vector<std::string> more = k_bypass_and_proof;
            more.insert(more.end(), {"--expect-body-contains", "metadata"});
            if (status == "401") more.resize(more.size() - 2);
            const Finished finished = bench_as(service.url(target), tokens, more);
            INFO(status << target << "\n" << finished.err << finished.out.substr(0, 2000));
            CHECK(finished.exit_code == 6);
            const json run = json::parse(finished.out), &check = run.at("users").at(0);
            CHECK(check.at("outcome") == "unknown");
            CHECK(check.at("why").get<std::string>().find("without the cache user 2's answer ") == 0);
            CHECK(run.at("reasons").dump().find("whether answers cross over between users is not known") !=
                  std::string::npos);
        }
    }
}

TEST_CASE("two users are asked for, and two alone", "[bench][users]") {
    const Tokens tokens("ana-token", "ana-token");
    const auto refused = [&](std::vector<std::string> more, const std::string& why) {
        more.insert(more.begin(), {"bench", "http://127.0.0.1:1/", "--uncached-query", "a=1"});
        const Finished finished = run_roacache(more);
        INFO(finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find(why) != std::string::npos);
    };
    refused({"--as", tokens.path("ana")}, "--as wants two users");
    refused(tokens.both(), "both files hold the same token");
    refused({"--as", tokens.path("ana"), "--as", tokens.path("none")}, "none");
    refused({"--as", tokens.path("ana"), "--as", tokens.path("bob"), "--http2"}, "--as and --http2");
    const Tokens empty("", "two words");
    refused({"--as", empty.path("ana"), "--as", empty.path("bob")}, "it holds no token");
}

TEST_CASE("the portal on Redis serves one user the company list of another", "[bench][users][judged]") {
    const Tokens tokens("token-ana", "token-bob");
    const RedisServer redis;
    const PythonServer portal("tests/systems/roa_service.py", {"--slow-read-ms", "2"},
                              {{"REDIS_ENABLED", "true"}, {"REDIS_URL", redis.url() + "/0"}});
    const Finished finished = bench_as(portal.url("/api/companies"), tokens,
                                       {"-u", redis.url() + "/0", "-p", "roa2web", "--uncached-by",
                                        "invalidate", "-r", "companies_list", "--ignore-json", "/read_at"});
    INFO(finished.err << finished.out.substr(0, 2000));
    CHECK(finished.exit_code == 1);
    const json check = json::parse(finished.out).at("users").at(0);
    CHECK(check.at("outcome") == "crossed");
    REQUIRE(check.at("keys").size() == 1);
    CHECK(check.at("keys").at(0).get<std::string>().find("cache:default:companies_list:") == 0);
}
