// The reference service's two management APIs, as roacache speaks to them.

#include "tests/cli/demo_running.hpp"
#include "tests/support/servers.hpp"

#include <set>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A service with an administrator and two users, over a store.
struct SharedDemo {
    explicit SharedDemo(std::vector<std::string> more = {})
        : demo(
              [&] {
                  for (const char* user : {"ana", "bob"})
                      more.insert(more.end(),
                                  {"--user", std::string(user) + "=" +
                                                 token_file(folder, std::string(user) + "-s3cret")});
                  return more;
              }(),
              {{"ROACACHE_TOKEN", "admin-s3cret"}}) {}

    Finished api(std::vector<std::string> arguments, const std::string& base = "/api/cache",
                 const std::string& token = "admin-s3cret") const {
        arguments.insert(arguments.end(), {"-u", demo.url(base)});
        RunOptions options;
        if (!token.empty()) options.env = {{"ROACACHE_TOKEN", token}};
        return run_roacache(arguments, options);
    }
    json document(std::vector<std::string> arguments, const std::string& base = "/api/cache",
                  const std::string& token = "admin-s3cret") const {
        arguments.insert(arguments.end(), {"-o", "json", "-q"});
        const Finished finished = api(arguments, base, token);
        INFO(finished.err + finished.out);
        CHECK(finished.exit_code == 0);
        return json::parse(finished.out);
    }
    std::string status(const std::string& path, const std::string& token,
                       std::vector<std::string> more = {}) const {
        more.insert(more.end(), {"-o", "/dev/null", "-w", "%{http_code}"});
        return asked(demo.url(path), token, more);
    }

    TempDir folder;
    Demo demo;
};

const std::string k_hr = "/api/hr/cache";

} // namespace

TEST_CASE("the demo's hybrid API has all that the portal's has", "[demo][api]") {
    const SharedDemo shared;
    const json ping = shared.document({"ping"}, "/api/cache", "");
    CHECK(ping.at("kind") == "management API");
    for (int i = 0; i < 3; ++i)
        asked(shared.demo.url("/api/dashboard/summary?company=1"));
    asked(shared.demo.url("/api/treasury?company=1"));
    const json raw = json::parse(asked(shared.demo.url("/api/cache/stats"), "admin-s3cret"));
    for (const char* field :
         {"enabled", "global_enabled", "user_enabled", "cache_type", "hit_rate", "total_hits", "total_misses",
          "queries_saved", "response_times", "cache_size", "auto_invalidate", "last_cleanup"})
        CHECK(raw.contains(field));
    CHECK(raw.at("total_hits") == 2);
    CHECK(raw.at("total_misses") == 2);
    CHECK(raw.at("hit_rate") == 50.0);
    CHECK(raw.at("queries_saved") == json({{"today", 2}, {"week", 2}, {"total", 2}}));
    CHECK(raw.at("response_times").contains("dashboard_summary"));
    CHECK_FALSE(raw.at("response_times").contains("treasury_data"));           // was never cached
    CHECK(raw.at("response_times").at("dashboard_summary").at("cached") == 0); // cut to whole ms
    CHECK(raw.at("cache_size") == json({{"memory", 2}, {"sqlite", 2}}));

    const json stats = shared.document({"stats"});
    CHECK(stats.at("server").at("dialect") == "hybrid");
    CHECK(stats.at("queries_saved").at("total") == 2);
    CHECK(stats.at("tiers").at(0).at("hits") == 2);
    CHECK(stats.at("response_times").at("dashboard_summary").at("improvement_percent") > 0);

    shared.document({"invalidate", "-p", "roa2web-hybrid", "-r", "treasury_data"});
    CHECK(cache_header(shared.demo.url("/api/treasury?company=1")) == "MISS");
    CHECK(cache_header(shared.demo.url("/api/dashboard/summary?company=1")) == "HIT");
    shared.document({"clear", "--yes"});
    CHECK(cache_header(shared.demo.url("/api/dashboard/summary?company=1")) == "MISS");
    CHECK(shared.api({"benchmark"}).exit_code == 0);
}

TEST_CASE("the demo's lookups are in its SQLite file as the portal logs them", "[demo][api][sqlite]") {
    const TempDir folder;
    const std::string file = (folder.path() / "cache.db").string();
    {
        const SharedDemo shared({"--cache-url", "sqlite:" + file});
        for (int i = 0; i < 4; ++i)
            asked(shared.demo.url("/api/treasury?company=1"));
        shared.document({"stats"}); // has what is pending written
        const Finished stats =
            run_roacache({"stats", "-u", "sqlite:" + file, "-q", "--assert", "treasury_data.hit_rate == 75%",
                          "--assert", "hit_rate == 75%", "--assert", "treasury_data.entries == 1"});
        INFO(stats.err + stats.out);
        CHECK(stats.exit_code == 0);
    }
}

TEST_CASE("the demo's HR API wraps its answers and removes by patterns", "[demo][api]") {
    const RedisServer redis;
    const SharedDemo shared({"--cache-url", redis.url()});
    redis.cli({"SET", "session:1", "x"});
    CHECK(shared.api({"ping", "--fail-on-fallback", "-q"}, k_hr, "").exit_code == 0);
    for (const char* path : {"/api/treasury?company=1", "/api/treasury?company=2", "/api/companies"})
        asked(shared.demo.url(path));
    asked(shared.demo.url("/api/companies"));
    const json stats = shared.document({"stats"}, k_hr);
    CHECK(stats.at("server").at("dialect") == "hr");
    CHECK(stats.at("backend") == "redis");
    CHECK(stats.at("hits") == 1);
    CHECK(stats.at("misses") == 3);
    CHECK(stats.at("keys") == 4);
    CHECK(stats.at("memory").at("used_bytes") > 100'000);

    const json gone = shared.document({"invalidate", "--match", "cache:*:treasury_data:*", "--yes"}, k_hr);
    CHECK(gone.at("removed") == 2);
    CHECK(cache_header(shared.demo.url("/api/companies")) == "HIT");
    CHECK(cache_header(shared.demo.url("/api/treasury?company=1")) == "MISS");
    shared.document({"invalidate", "--match", "*", "--yes"}, k_hr);
    CHECK(redis.cli({"GET", "session:1"}).find("x") == 0);
    CHECK(run_roacache({"keys", "-u", redis.url(), "--count", "-q"}).out == "0\n");
    shared.document({"clear", "--yes"}, k_hr);
}

TEST_CASE("only an administrator may do to the demo's cache what concerns everybody", "[demo][api]") {
    const SharedDemo shared;
    const std::vector<std::string> off{"--json", "{\"enabled\": false}"}, post{"-X", "POST"};
    CHECK(shared.status("/api/cache/toggle-global", "", off) == "401");
    CHECK(shared.status("/api/cache/toggle-global", "ana-s3cret", off) == "403");
    CHECK(shared.status("/api/cache/toggle-auto-invalidate", "ana-s3cret", off) == "403");
    CHECK(shared.status("/api/cache/clear", "ana-s3cret", post) == "403");
    CHECK(shared.status("/api/cache/stats", "nobody") == "401");
    CHECK(shared.status("/api/cache/stats", "ana-s3cret") == "200");
    CHECK(shared.status("/api/cache/health", "") == "200");
    CHECK(shared.status(k_hr + "/stats", "ana-s3cret") == "403");
    CHECK(shared.status(k_hr + "/invalidate?pattern=*", "ana-s3cret", post) == "403");
    CHECK(shared.status(k_hr + "/invalidate", "admin-s3cret", post) == "422");
    CHECK(shared.status("/api/companies", "nobody") == "401");
    const Finished refused = shared.api({"toggle", "global", "off"}, "/api/cache", "bob-s3cret");
    CHECK(refused.exit_code == 4);
    CHECK(refused.err.find("only an administrator may do that") != std::string::npos);
    CHECK((refused.err + shared.demo.url("")).find("bob-s3cret") == std::string::npos);

    // A user's switch is his own.
    CHECK(shared.api({"toggle", "user", "off"}, "/api/cache", "ana-s3cret").exit_code == 0);
    for (int i = 0; i < 2; ++i)
        CHECK(cache_header(shared.demo.url("/api/companies"), "ana-s3cret") == "BYPASS");
    asked(shared.demo.url("/api/companies"), "bob-s3cret");
    CHECK(cache_header(shared.demo.url("/api/companies"), "bob-s3cret") == "HIT");
    CHECK(shared.api({"toggle", "global", "off"}).exit_code == 0);
    CHECK(cache_header(shared.demo.url("/api/companies"), "bob-s3cret") == "BYPASS");
    CHECK(shared.document({"stats"}, "/api/cache", "bob-s3cret").at("switches").at("global") == false);
}

TEST_CASE("a write invalidates unless that is switched off", "[demo][api]") {
    const SharedDemo shared;
    const std::string url = shared.demo.url("/api/treasury?company=1");
    const auto pay = [&](std::size_t invoice) {
        pay_invoice(shared.demo, invoice);
        return cache_header(url);
    };
    asked(url);
    CHECK(shared.api({"toggle", "auto-invalidate", "off"}).exit_code == 0);
    CHECK(pay(0) == "HIT");
    CHECK(shared.api({"toggle", "auto-invalidate", "on"}).exit_code == 0);
    CHECK(pay(1) == "MISS");
}

TEST_CASE("each user of the demo has entries of his own", "[demo]") {
    const RedisServer redis;
    const SharedDemo shared({"--cache-url", redis.url()});
    const std::string url = shared.demo.url("/api/companies");
    const json ana = json::parse(asked(url, "ana-s3cret")), bob = json::parse(asked(url, "bob-s3cret"));
    const json all = json::parse(asked(url));
    CHECK(ana != bob);
    CHECK(ana.size() + bob.size() == all.size());
    for (const char* token : {"ana-s3cret", "bob-s3cret", ""})
        CHECK(cache_header(url, token) == "HIT");
    CHECK(json::parse(asked(url, "bob-s3cret")) == bob);
    const auto count = [&](const std::vector<std::string>& selectors) {
        std::vector<std::string> arguments{"keys", "-u", redis.url(),     "--count",
                                           "-q",   "-r", "companies_list"};
        arguments.insert(arguments.end(), selectors.begin(), selectors.end());
        return run_roacache(arguments).out;
    };
    CHECK(count({}) == "3\n");
    CHECK(count({"-w", "user=ana"}) == "1\n");
}

TEST_CASE("an answer of the demo says on request where it came from", "[demo]") {
    const TempDir folder;
    const std::string file = (folder.path() / "cache.db").string();
    const Demo demo({"--cache-url", "sqlite:" + file});
    const std::string path = "/api/treasury?company=1";
    const auto source = [&](const Demo& of) {
        return json::parse(asked(of.url(path + "&metadata=true"))).at("metadata").at("source");
    };
    const json first = json::parse(asked(demo.url(path + "&metadata=true")));
    CHECK(first.at("metadata").at("source") == "origin");
    CHECK(first.at("metadata").at("response_time_ms") > 0);
    CHECK(first.at("metadata").at("cache_type") == "treasury_data");
    CHECK(first.at("data") == json::parse(asked(demo.url(path))));
    CHECK(source(demo) == "L1");
}
