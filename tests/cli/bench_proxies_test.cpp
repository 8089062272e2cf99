// Caches that people run before their services, measured as somebody would who has read nothing but README.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

using namespace roacache::test;
using nlohmann::json;

namespace {

using Arguments = std::vector<std::string>;

constexpr const char* k_origin = "tests/bench/counting_server.py"; // 30 ms each

/// README's first command on a service of one's own.
Finished bench(const std::string& url, const Arguments& more = {"--hit-header", "X-Cache: HIT"}) {
    Arguments all{"bench", url, "--uncached-header", "Cache-Control: no-cache", "-n", "150",
                  "-c",    "5", "--assert",          "mean_reduction >= 60%",   "-q", "-o",
                  "json"};
    all.insert(all.end(), more.begin(), more.end());
    return run_roacache(all);
}

std::string reasons_of(const json& run) {
    std::string all;
    for (const json& reason : run.at("reasons"))
        all += reason.get<std::string>() + "\n";
    return all;
}

constexpr const char* k_bypass_vcl = R"(
sub vcl_recv { if (req.http.Cache-Control ~ "no-cache") { return (pass); } }
sub vcl_deliver { if (obj.hits > 0) { set resp.http.X-Cache = "HIT"; } else { set resp.http.X-Cache = "MISS"; } }
)";

} // namespace

TEST_CASE("Varnish as it comes is past no Cache-Control, and that is found out", "[bench][proxies]") {
    const PythonServer origin(k_origin, {"30"});
    const VarnishServer varnish(origin.port());
    SECTION("with a header that it does not send") {
        const Finished finished = bench(varnish.url());
        INFO(finished.out.substr(0, 3000) << finished.err);
        CHECK(finished.exit_code == 6);
        const std::string reasons = reasons_of(json::parse(finished.out));
        CHECK_THAT(reasons, Contains("No answer of any arm had the header of X-Cache: HIT"));
        CHECK_THAT(reasons, Contains("--hit-header 'X-Varnish' would take for a hit"));
        CHECK_THAT(reasons, Contains("The uncached arm's own answers came out of a cache (X-Varnish: "));
        CHECK_THAT(reasons, !Contains("never hit"));
    }
    SECTION("with the header that was proposed") {
        const Finished finished = bench(varnish.url(), {"--hit-header", "X-Varnish"});
        INFO(finished.out.substr(0, 3000) << finished.err);
        CHECK(finished.exit_code == 6);
        CHECK_THAT(reasons_of(json::parse(finished.out)),
                   Contains("The uncached arm was served by the cache"));
    }
    SECTION("without any") {
        const Finished finished = bench(varnish.url(), {});
        INFO(finished.out.substr(0, 3000) << finished.err);
        CHECK(finished.exit_code == 6);
        const json run = json::parse(finished.out);
        CHECK_THAT(reasons_of(run), Contains("what was to go past the cache does not"));
        CHECK_THAT(run.at("environment").at("cached service").get<std::string>(),
                   Contains("varnish (Varnish/") && Contains("Varnish by its x-varnish"));
    }
    SECTION("against its origin") {
        const Finished finished =
            run_roacache({"bench", varnish.url(), "--uncached-url", origin.url(), "-n", "150", "-c", "5",
                          "--hit-header", "X-Varnish", "-q", "-o", "json"});
        INFO(finished.out.substr(0, 3000) << finished.err);
        CHECK(finished.exit_code == 0);
    }
}

TEST_CASE("Varnish with a way past it is measured", "[bench][proxies]") {
    const PythonServer origin(k_origin, {"30"});
    const VarnishServer varnish(origin.port(), k_bypass_vcl);
    for (const Arguments& proof :
         {Arguments{"--hit-header", "X-Cache: HIT"}, Arguments{"--hit-header", "X-Varnish"},
          Arguments{"--hit-header", "Age"}, Arguments{}}) {
        const Finished finished = bench(varnish.url(), proof);
        INFO(finished.out.substr(0, 3000) << finished.err);
        // Of entries that are not yet a second old an Age tells nothing.
        const bool by_age = !proof.empty() && proof.back() == "Age";
        CHECK((finished.exit_code == 0 || (by_age && finished.exit_code == 6)));
    }
}

TEST_CASE("nginx that serves stale answers while it asks for new ones hits", "[bench][proxies]") {
    const PythonServer origin(k_origin, {"30"});
    const TempDir folder;
    const NginxServer nginx("location / { proxy_pass http://127.0.0.1:" + std::to_string(origin.port()) +
                                "; proxy_cache z; proxy_cache_valid 200 1s; proxy_cache_use_stale updating; "
                                "proxy_cache_background_update on; proxy_cache_bypass $http_cache_control; "
                                "add_header X-Cache-Status $upstream_cache_status; }",
                            false, false, "proxy_cache_path " + folder.path().string() + " keys_zone=z:1m;");
    const Finished finished =
        bench(nginx.url(), {"--hit-header", "X-Cache-Status: HIT", "--assert", "hit_rate >= 90%"});
    INFO(finished.out.substr(0, 3000) << finished.err);
    CHECK(finished.exit_code == 0);
    const json run = json::parse(finished.out);
    CHECK(run.at("hit_rate") >= 0.95);
    CHECK(run.at("arms").at("uncached").at("proven_hits") == 0);
    // Nothing named, it is proposed.
    const Finished unnamed = run_roacache(
        {"bench", nginx.url(), "--uncached-header", "Cache-Control: no-cache", "-n", "100", "-c", "5", "-q"});
    INFO(unnamed.out << unnamed.err);
    CHECK_THAT(unnamed.out, Contains("--hit-header 'X-Cache-Status: HIT'"));
}

TEST_CASE("any of several headers proves a hit, each cache having its own", "[bench][proxies]") {
    const PythonServer origin(k_origin, {"30"});
    const TempDir folder;
    const std::string to = std::to_string(origin.port());
    const VarnishServer varnish(origin.port(), k_bypass_vcl);
    const NginxServer nginx("location / { proxy_pass http://127.0.0.1:" + to +
                                "; proxy_cache z; proxy_cache_valid 200 1h; proxy_cache_bypass "
                                "$http_cache_control; add_header X-Cache-Status $upstream_cache_status; }",
                            false, false, "proxy_cache_path " + folder.path().string() + " keys_zone=z:1m;");
    const auto measured = [&](const Arguments& more) {
        Arguments all{"bench",
                      varnish.url(),
                      nginx.url(),
                      "--uncached-header",
                      "Cache-Control: no-cache",
                      "-n",
                      "120",
                      "-c",
                      "4",
                      "-q",
                      "-o",
                      "json"};
        all.insert(all.end(), more.begin(), more.end());
        return run_roacache(all);
    };
    const Finished any = measured({"--hit-header", "X-Varnish", "--hit-header", "X-Cache-Status: HIT"});
    INFO(any.out.substr(0, 3000) << any.err);
    CHECK(any.exit_code == 0);
    const json run = json::parse(any.out);
    CHECK(run.at("hit_rate") == 1.0);
    CHECK(run.at("plan").at("hit_header") == json{"X-Varnish", "X-Cache-Status: HIT"});
    for (const json& endpoint : run.at("endpoints")) {
        CHECK(endpoint.at("arms").at("cached").at("proven_hits") == 120);
        CHECK(endpoint.at("arms").at("uncached").at("proven_misses") == 120);
    }
    const json one = json::parse(measured({"--hit-header", "X-Varnish"}).out);
    CHECK(one.at("endpoints").at(1).at("arms").at("cached").at("proven_hits") == 0);
}

TEST_CASE("FastAPI's compressed answers are the same whenever they were compressed", "[bench][proxies]") {
    const PythonServer app("tests/bench/cached_app.py", {"gzip"});
    const std::string url = app.url("/api/summary?company=1");
    const Finished compressed = run({"curl", "-sS", "-H", "Accept-Encoding: gzip", "-o", "/dev/null", "-w",
                                     "%header{content-encoding}", url});
    REQUIRE(compressed.out == "gzip");
    // Longer than the second that the time within is told in.
    const Finished finished =
        run_roacache({"bench", url, "-H", "Accept-Encoding: gzip", "--uncached-header",
                      "Cache-Control: no-cache", "--hit-header", "X-Cache: HIT", "-z", "3s", "-c", "2",
                      "--assert", "mismatches == 0", "-q", "-o", "json"});
    INFO(finished.out.substr(0, 3000) << finished.err);
    CHECK(finished.exit_code == 0);
    const json run = json::parse(finished.out);
    CHECK(run.at("equality").at("compared") > 20);
    CHECK(run.at("equality").at("equal_as_json") == 0);
}

TEST_CASE("connections go where they are told to, and TLS and Host keep the name", "[bench][proxies]") {
    const TempDir folder;
    const std::string socket = (folder.path() / "nginx.sock").string();
    const std::string location =
        "location / { return 200 '{\"host\": \"$host\"}'; default_type application/json; }";
    const NginxServer server(location, true, false,
                             "server { listen unix:" + socket + "; " + location + " }");
    const auto measured = [](const Arguments& more) {
        Arguments all{"bench", "--single", "-n", "20", "-c", "2", "-q", "-o", "json"};
        all.insert(all.end(), more.begin(), more.end());
        const Finished finished = run_roacache(all);
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        return finished.exit_code == 0 ? json::parse(finished.out) : json();
    };
    const std::string to_server = std::to_string(server.port());
    const std::string ca = server.certificate().string();
    // The certificate names localhost, so that another name shows what TLS was told.
    const json elsewhere = measured(
        {"https://localhost:1/", "--connect-to", "localhost:1:127.0.0.1:" + to_server, "--cacert", ca});
    CHECK(elsewhere.at("arms").at("single").at("requests") == 20);
    CHECK(elsewhere.at("plan").at("connect_to") == json{"localhost:1:127.0.0.1:" + to_server});
    const Finished strange = run_roacache({"bench", "--single", "https://example.com/", "--connect-to",
                                           "::127.0.0.1:" + to_server, "--cacert", ca, "-n", "5"});
    CHECK(strange.exit_code != 0);
    CHECK_THAT(strange.err, Contains("certificate"));
    const json local = measured({"http://example.com/", "--unix-socket", socket});
    CHECK(local.at("arms").at("single").at("requests") == 20);
    const Finished told =
        run_roacache({"bench", "--single", "http://example.com/", "--unix-socket", socket, "-n", "20"});
    std::string unwrapped, word;
    for (std::istringstream words(told.out); words >> word;)
        unwrapped += word + " ";
    CHECK_THAT(unwrapped, Contains("to the Unix socket " + socket));

    for (const Arguments& wrong : std::vector<Arguments>{{"--connect-to", "a:80:b"},
                                                         {"--connect-to", "unix:/x"},
                                                         {"--unix-socket", socket, "--connect-to", "::b:1"},
                                                         {"--unix-socket", std::string(200, 'x')}}) {
        Arguments all{"bench", "--single", "http://example.com/"};
        all.insert(all.end(), wrong.begin(), wrong.end());
        CHECK(run_roacache(all).exit_code == 2);
    }
    for (const Arguments& urls :
         std::vector<Arguments>{{"http://127.0.0.1:1/", "--single"},
                                {"http://127.0.0.1:1/", "http://127.0.0.1:2/", "--uncached-query", "a=b"},
                                {"http://127.0.0.1:1/", "--uncached-url", "http://localhost:2/"}}) {
        Arguments all{"bench", "--connect-to", "127.0.0.1:81:127.0.0.1:3"};
        all.insert(all.end(), urls.begin(), urls.end());
        const Finished mistyped = run_roacache(all);
        CHECK(mistyped.exit_code == 2);
        CHECK_THAT(mistyped.err,
                   Contains("roacache: --connect-to: 127.0.0.1:81:127.0.0.1:3: no URL is called so\n"
                            "The URLs are of 127.0.0.1:1"));
    }
    const Finished absent =
        run_roacache({"bench", "--single", "http://example.com/", "--unix-socket", "/nonexistent"});
    CHECK(absent.exit_code == 3);
    CHECK_THAT(absent.err, Contains("cannot connect: example.com:80 at /nonexistent: no such file"));
}
