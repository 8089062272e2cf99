#include "tests/cli/demo_running.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

std::string status_of(std::vector<std::string> curl) {
    curl.insert(curl.begin(), {"curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}"});
    return run(curl).out;
}

std::vector<std::string> toggling(const Demo& demo, const std::string& token,
                                  const std::string& enabled = "false") {
    std::vector<std::string> curl{"--json", "{\"enabled\": " + enabled + "}",
                                  demo.url("/api/cache/toggle-user")};
    if (!token.empty()) curl.insert(curl.end(), {"-H", "Authorization: Bearer " + token});
    return curl;
}

} // namespace

TEST_CASE("the demo says the token that its switches want, and takes it", "[demo]") {
    Demo demo;
    REQUIRE(demo.process().wait_for("export ROACACHE_TOKEN="));
    const std::string log = demo.process().log();
    const std::string token = log.substr(log.find("ROACACHE_TOKEN=") + 15, 32);
    CHECK(token.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(status_of(toggling(demo, "")) == "401");
    CHECK(status_of(toggling(demo, std::string(32, '0'))) == "401");
    CHECK(status_of(toggling(demo, token)) == "200");
    CHECK(status_of(toggling(demo, token, "true")) == "200");
    RunOptions options;
    options.env = {{"ROACACHE_TOKEN", token}};
    const Finished bench =
        run_roacache({"bench", demo.url("/api/companies"), "--uncached-by", "toggle", "--toggle-url",
                      demo.url("/api/cache"), "--hit-header", "X-Cache: HIT", "-n", "40", "--blocks", "4",
                      "-o", "json", "--assert", "errors == 0"},
                     options);
    INFO(bench.err);
    CHECK(bench.exit_code == 0);
    CHECK(json::parse(bench.out).at("arms").at("uncached").at("proven_hits") == 0);
    CHECK((bench.out + bench.err).find(token) == std::string::npos);
}

TEST_CASE("a token of the user's is never said", "[demo]") {
    const TempDir folder;
    const std::string file = folder.path() / "token";
    std::ofstream(file) << "s3cret-bearer\n";
    std::filesystem::permissions(file, std::filesystem::perms(0600));
    Demo demo({"--token-file", file, "-v"});
    CHECK(status_of(toggling(demo, "")) == "401");
    CHECK(status_of(toggling(demo, "s3cret-bearer")) == "200");
    CHECK(demo.process().log().find("s3cret-bearer") == std::string::npos);
    CHECK(demo.process().log().find("ROACACHE_TOKEN=") == std::string::npos);
}

TEST_CASE("the service in the bench's own process has a token of its own", "[demo][bench]") {
    static const TempDir k_cache;
    for (const char* token : {"", "s3cret-bearer"}) {
        RunOptions options;
        options.env["XDG_CACHE_HOME"] = k_cache.path().string();
        if (*token != '\0') options.env["ROACACHE_TOKEN"] = token;
        const Finished finished =
            run_roacache({"bench", "--demo", "--rows", "2000", "--uncached-by", "toggle", "-n", "40",
                          "--blocks", "4", "-o", "json", "--assert", "errors == 0"},
                         options);
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(json::parse(finished.out).at("arms").at("uncached").at("proven_hits") == 0);
    }
}

TEST_CASE("a service that others can reach is warned of, and may be called by names that are allowed",
          "[demo]") {
    CHECK(Demo().process().log().find("warning") == std::string::npos);
    CHECK(Demo({}, {}, "localhost:0").process().log().find("warning") == std::string::npos);
    Demo open({"--allow-host", "demo.internal", "-q"}, {}, "0.0.0.0:0");
    CHECK(open.process().wait_for("warning: --listen 0.0.0.0:0: others can reach the service"));
    CHECK(status_of({open.url("/health")}) == "200");
    CHECK(status_of({open.url("/health"), "-H", "Host: demo.internal"}) == "200");
    CHECK(status_of({open.url("/health"), "-H", "Host: attacker.example"}) == "421");
}
