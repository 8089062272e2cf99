// Each fault that `demo --vulnerable` has on purpose, and the command that shows it; without the fault the
// same command finds nothing.

#include "tests/cli/demo_running.hpp"
#include "tests/support/servers.hpp"
using namespace roacache::test;
using nlohmann::json;

namespace {

/// Two services, one with the fault and one without.
struct Pair {
    explicit Pair(const std::string& trap, const std::vector<std::string>& more = {})
        : sound("sound", {}, more), faulty("faulty", {"--vulnerable=" + trap}, more) {}

    struct Side {
        Side(const std::string&, std::vector<std::string> own, const std::vector<std::string>& more)
            : demo([&] {
                  own.insert(own.end(), {"--cache-url", redis.url()});
                  own.insert(own.end(), more.begin(), more.end());
                  return own;
              }()) {}
        int keys(const std::string& resource) const {
            return std::stoi(run_roacache({"keys", "-u", redis.url(), "--count", "-q", "-r", resource}).out);
        }
        Finished bench(const std::vector<std::string>& paths, std::vector<std::string> more = {}) const {
            more.insert(more.begin(), {"bench", "--uncached-header", "Cache-Control: no-cache",
                                       "--hit-header", "X-Cache: HIT", "-n", "60", "--blocks", "10", "-c",
                                       "2", "-o", "json", "--assert", "errors == 0"});
            for (const std::string& path : paths)
                more.push_back(demo.url(path));
            return run_roacache(more);
        }
        RedisServer redis;
        Demo demo;
    };
    Side sound, faulty;
};

} // namespace

TEST_CASE("bench finds two companies that share an entry", "[demo][traps]") {
    const Pair pair("positional");
    const std::vector<std::string> both{"/api/treasury?company=1", "/api/treasury?company=2"};
    const Finished found = pair.faulty.bench(both), nothing = pair.sound.bench(both);
    INFO(found.out + found.err);
    CHECK(found.exit_code == 1);
    CHECK(found.out.find("share a cache entry") != std::string::npos);
    CHECK(pair.faulty.keys("treasury_data") == 1);
    CHECK(nothing.exit_code == 0);
    CHECK(nothing.out.find("share a cache entry") == std::string::npos);
    CHECK(pair.sound.keys("treasury_data") == 2);
}

TEST_CASE("bench finds an answer that was made for another user", "[demo][traps]") {
    const TempDir folder;
    const std::string ana = "ana=" + token_file(folder, "ana-s3cret"),
                      bob = "bob=" + token_file(folder, "bob-s3cret");
    const Pair pair("username", {"--user", ana, "--user", bob});
    const auto as_bob = [&](const Pair::Side& side) {
        asked(side.demo.url("/api/companies"), "ana-s3cret");
        return side.bench({"/api/companies"}, {"-H", "Authorization: Bearer bob-s3cret"});
    };
    const Finished found = as_bob(pair.faulty), nothing = as_bob(pair.sound);
    INFO(found.out + found.err);
    CHECK(found.exit_code == 1);
    CHECK(json::parse(found.out).at("equality").at("mismatched") > 0);
    CHECK(nothing.exit_code == 0);
    // The keys say it too.
    CHECK(pair.faulty.keys("companies_list") == 1);
    CHECK(pair.sound.keys("companies_list") == 2);
}

TEST_CASE("bench finds that an empty list is never a hit", "[demo][traps]") {
    const Pair pair("falsy");
    const std::vector<std::string> empty{"/api/companies?search=nobody-is-called-so"};
    const Finished found = pair.faulty.bench(empty, {"--assert", "hit_rate >= 50%"});
    INFO(found.out + found.err);
    CHECK(found.exit_code == 1);
    CHECK(json::parse(found.out).at("arms").at("cached").at("proven_hits") == 0);
    CHECK(pair.faulty.keys("companies_list") == 1); // it is stored, for nothing
    CHECK(pair.sound.bench(empty, {"--assert", "hit_rate >= 50%"}).exit_code == 0);
    CHECK(pair.faulty.bench({"/api/companies"}, {"--assert", "hit_rate >= 50%"}).exit_code == 0);
}

TEST_CASE("keys finds what a DEL with a glob did not delete", "[demo][traps]") {
    const Pair pair("del-glob");
    for (const Pair::Side* side : {&pair.faulty, &pair.sound}) {
        asked(side->demo.url("/api/treasury?company=1"));
        pay_invoice(side->demo);
        const int left = side == &pair.faulty ? 1 : 0;
        CHECK(side->keys("treasury_data") == left);
        const Finished stale = run_roacache({"invalidate", "-u", side->redis.url(), "-e", "payment-recorded",
                                             "--dry-run", "-o", "json", "-q"});
        CHECK((json::parse(stale.out).at("matched") > 0) == (left > 0));
    }
}

TEST_CASE("keys finds the dashboards that a changed company left", "[demo][traps]") {
    const Pair pair("prefix");
    for (const Pair::Side* side : {&pair.faulty, &pair.sound}) {
        asked(side->demo.url("/api/dashboard/summary?company=1"));
        asked(side->demo.url("/api/companies"));
        asked(side->demo.url("/api/companies/1"), "",
              {"-X", "PATCH", "--json", "{\"name\": \"Altfel SRL\"}"});
        CHECK(side->keys("companies_list") == 0);
        CHECK(side->keys("dashboard_summary") == (side == &pair.faulty ? 1 : 0));
    }
}

TEST_CASE("ping finds the service that never tries its Redis again", "[demo][traps]") {
    RedisServer redis;
    redis.kill();
    const Demo faulty({"--cache-url", redis.url(), "--vulnerable=no-reconnect"});
    const Demo sound({"--cache-url", redis.url()});
    redis.restart();
    const auto ping = [](const Demo& demo) {
        return run_roacache({"ping", "--fail-on-fallback", "-u", demo.url("/api/hr/cache")});
    };
    CHECK(eventually([&] { return ping(sound).exit_code == 0; }));
    const Finished found = ping(faulty);
    INFO(found.out + found.err);
    CHECK(found.exit_code == 1);
    CHECK(found.err.find("in-memory fallback") != std::string::npos);
}

TEST_CASE("toggle finds that every user may switch the cache for everybody", "[demo][traps]") {
    const TempDir folder;
    const Pair pair("open-toggle", {"--user", "ana=" + token_file(folder, "ana-s3cret")});
    RunOptions as_ana;
    as_ana.env = {{"ROACACHE_TOKEN", "ana-s3cret"}};
    const auto toggle = [&](const Pair::Side& side) {
        return run_roacache({"toggle", "global", "off", "-u", side.demo.url("/api/cache")}, as_ana).exit_code;
    };
    CHECK(toggle(pair.faulty) == 0);
    CHECK(toggle(pair.sound) == 4);
}

TEST_CASE("a trap that there is not is refused with those that there are", "[demo][traps]") {
    for (const char* wrong : {"--vulnerable=positonal", "--vulnerable=falsy,", "--vulnerable=,"}) {
        const Finished finished = run_roacache({"demo", wrong, "--listen", "127.0.0.1:0"});
        INFO(finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find("Traps are: all, positional, ") != std::string::npos);
    }
    CHECK(run_roacache({"demo", "--vulnerable=positonal"}).err.find("did you mean 'positional'?") !=
          std::string::npos);
    Demo all({"--vulnerable"});
    CHECK(all.process().wait_for("warning: --vulnerable all: the service has these faults on purpose"));
}
