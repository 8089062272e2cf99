// stats --assert over several looks, and over several stores.

#include "tests/cli/api_services.hpp"

#include <csignal>
#include <fstream>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Users' entries of an HR portal, and lookups of which three of four were hits.
struct LookedUpCache {
    LookedUpCache() {
        for (const char* key : {"user:1", "user:2", "user:3"})
            redis.cli({"SET", key, "a", "EX", "600"});
        redis.cli({"CONFIG", "RESETSTAT"});
        for (const char* key : {"user:1", "user:2", "user:1", "absent"})
            redis.cli({"GET", key});
    }
    std::vector<std::string> words(std::vector<std::string> more) const {
        more.insert(more.begin(), {"stats", "-p", "hr-portal", "-u", redis.url(), "-o", "ndjson"});
        return more;
    }
    Finished stats(const std::vector<std::string>& more) const { return run_roacache(words(more)); }
    Process begin(const std::vector<std::string>& more) const {
        std::vector<std::string> all = words(more);
        all.insert(all.begin(), program());
        return Process(all);
    }

    RedisServer redis;
};

int ended(Process& process) {
    REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
    return process.stop();
}

/// An HR portal's service over a Redis of its own, with so many users in it.
class HrWorker {
  public:
    explicit HrWorker(int users) {
        for (int user = 0; user < users; ++user)
            redis_.cli({"SET", "user:" + std::to_string(user), "a"});
    }
    std::string url() const { return service_.url("/api/cache"); }

  private:
    std::string env_file() const {
        const auto path = folder_.path() / "env";
        std::ofstream(path) << "REDIS_URL=" << redis_.url() << "/0\n";
        return path.string();
    }

    RedisServer redis_;
    TempDir folder_;
    PythonServer service_{"tests/systems/hr_service.py", {"--env", env_file()}};
};

Finished stats_of_workers(const std::string& instances, std::vector<std::string> more) {
    more.insert(more.begin(), {"stats", "-p", "hr-portal", "--instances", instances});
    RunOptions options;
    options.env = {{"ROACACHE_TOKEN", "token-admin"}};
    return run_roacache(more, options);
}

constexpr const char* k_worker_that_is_away = "http://127.0.0.1:1/api/cache";

} // namespace

TEST_CASE("stats --watch judges its asserts at each look, and --count ends it", "[stats][asserts]") {
    const LookedUpCache cache;
    for (const bool walks : {false, true}) {
        INFO((walks ? "with a walk, whose own lookups count on the server" : "without a walk"));
        std::vector<std::string> more{"--watch=100ms",
                                      "--count",
                                      "4",
                                      "--assert",
                                      "hit_rate == 75%",
                                      "--assert",
                                      walks ? "entries == 3" : "memory > 1KB"};
        if (!walks) more.emplace_back("--no-scan");
        const Finished finished = cache.stats(more);
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(finished.err.find("assert") == std::string::npos);
        const auto looks = documents_in(finished.out);
        REQUIRE(looks.size() == 4);
        for (const json& look : looks) {
            CHECK(look.at("asserts").size() == 2);
            CHECK(look.at("asserts").at(0).at("value") == 0.75);
            CHECK(look.at("verdict") == "pass");
        }
    }
    const auto judged = [&](std::vector<std::string> more, int code) {
        more.insert(more.begin(), {"--watch=100ms", "-q"});
        const Finished finished = cache.stats(more);
        INFO(finished.err);
        CHECK(finished.exit_code == code);
        return finished.err;
    };
    CHECK(judged({"--count", "3", "--assert", "entries > 3"}, 1)
              .find("warning: assert failed at 3 of 3 looks, first: entries > 3: it was 3, of the profile's "
                    "entries") != std::string::npos);
    CHECK(judged({"--count", "1", "--assert", "entries > 3"}, 1).find("at 1 of 1 look,") !=
          std::string::npos);
    const std::string unknown = judged({"--count", "2", "--assert", "user.hit_rate >= 5%"}, 6);
    CHECK(unknown.find("assert cannot be decided at 2 of 2 looks: user.hit_rate >= 5%: the server counts") !=
          std::string::npos);
    judged({"--count", "2", "--assert", "user.hit_rate >= 5%", "--assert", "entries > 3"}, 1);
    judged({"--count", "2", "--assert", "user.hit_rate >= 5%", "--assert", "entries == 3"}, 6);
    judged({"--count", "2"}, 0);
}

TEST_CASE("an assert that fails at one look of a watch has failed, even when it holds again",
          "[stats][asserts]") {
    const LookedUpCache cache;
    Process watching = cache.begin({"--watch=100ms", "--count", "30", "--assert", "entries == 3"});
    REQUIRE(watching.wait_for("\"verdict\":\"pass\""));
    cache.redis.cli({"SET", "user:4", "a", "EX", "600"});
    REQUIRE(eventually([&] {
        const auto looks = documents_in(watching.log());
        return !looks.empty() && looks.back().at("asserts")[0].at("verdict") == "fail";
    }));
    cache.redis.cli({"DEL", "user:4"});
    CHECK(ended(watching) == 1);
    CHECK(watching.log().find("of 30 looks, first: entries == 3: it was 4, of") != std::string::npos);
    CHECK(documents_in(watching.log()).size() == 30);
}

TEST_CASE("a watch that is interrupted says what came of its asserts", "[stats][asserts]") {
    const LookedUpCache cache;
    for (const char* expr : {"entries == 3", "entries == 4", "user.hit_rate >= 5%"}) {
        Process watching = cache.begin({"--watch=100ms", "--assert", expr});
        REQUIRE(watching.wait_for("\"verdict\""));
        watching.signal(SIGINT);
        CHECK(ended(watching) == 130);
        INFO(watching.log());
        CHECK((watching.log().find("assert failed at ") != std::string::npos) ==
              (std::string(expr) == "entries == 4"));
        CHECK((watching.log().find("assert cannot be decided at ") != std::string::npos) ==
              (std::string(expr) == "user.hit_rate >= 5%"));
    }
}

TEST_CASE("a look that finds the store away leaves asserts undecided, and the last one is exit 3",
          "[stats][asserts]") {
    LookedUpCache cache;
    {
        Process watching =
            cache.begin({"--watch=100ms", "--count", "60", "--no-scan", "--assert", "memory < 100GB"});
        REQUIRE(watching.wait_for("\"verdict\":\"pass\""));
        cache.redis.kill();
        REQUIRE(watching.wait_for("; trying on"));
        cache.redis.restart();
        REQUIRE(watching.wait_for("answers again"));
        CHECK(ended(watching) == 6);
        CHECK(watching.log().find("of 60 looks: memory < 100GB: cannot connect") != std::string::npos);
    }
    for (const auto& [expr, code] : {std::pair("memory < 100GB", 3), {"memory < 1KB", 1}}) {
        Process watching = cache.begin({"--watch=1s", "--count", "4", "--no-scan", "--assert", expr});
        REQUIRE(watching.wait_for("\"verdict\""));
        cache.redis.kill();
        CHECK(ended(watching) == code);
        cache.redis.restart();
    }
}

TEST_CASE("of several workers each has to hold what is asserted", "[stats][asserts][instances]") {
    const HrWorker one(1), other(2);
    const std::string both = one.url() + "," + other.url();
    const auto document = [&](const std::string& instances, const std::string& expr, int code) {
        const Finished finished = stats_of_workers(instances, {"--assert", expr, "-o", "json"});
        INFO(finished.err);
        CHECK(finished.exit_code == code);
        return json::parse(finished.out);
    };
    const json failed = document(both, "entries == 1", 1);
    CHECK(failed.at("verdict") == "fail");
    CHECK(failed.at("outcome") == "done");
    CHECK(failed.at("targets").at(0).at("verdict") == "pass");
    CHECK(failed.at("targets").at(1).at("verdict") == "fail");
    CHECK(failed.at("targets").at(1).at("outcome") == "done");
    CHECK(failed.at("targets").at(1).at("asserts").at(0).at("value") == 2);
    CHECK(document(both, "entries <= 2", 0).at("verdict") == "pass");
    CHECK(document(both, "entries == 3", 1).at("verdict") == "fail"); // which the sum is
    CHECK(document(both, "user.entries == 1", 6).at("verdict") == "inconclusive");

    const std::string said = stats_of_workers(both, {"--assert", "entries == 1"}).err;
    CHECK(said.find("assert failed: entries == 1: it is 2, as the service counts (at " + other.url() + ")") !=
          std::string::npos);
    CHECK(said.find("(at " + one.url() + ")") == std::string::npos);
    const Finished plain = stats_of_workers(both, {"--assert", "entries == 1"});
    CHECK(plain.out.find(other.url() + ": done\n") != std::string::npos);
    CHECK(plain.out.find("\nassert\tn/a\tentries == 1\t2\tmissed\t") != std::string::npos);

    const std::string some = std::string(k_worker_that_is_away) + "," + other.url();
    CHECK(document(some, "entries == 2", 5).at("verdict") == "inconclusive");
    const json certain = document(some, "entries == 1", 1); // whatever the other one has
    CHECK(certain.at("verdict") == "fail");
    CHECK(certain.at("targets").at(0).at("outcome") == "unreachable");
    CHECK(document(k_worker_that_is_away, "entries == 1", 3).at("verdict") == "inconclusive");
    CHECK(json::parse(stats_of_workers(both, {"-o", "json"}).out).at("verdict").is_null());
}

TEST_CASE("of several tiers each has to hold what is asserted", "[stats][asserts][tiers]") {
    const LookedUpCache one, other;
    other.redis.cli({"DEL", "user:1"});
    const auto code = [&](const std::string& expr) {
        return run_roacache({"stats", "-p", "hr-portal", "-u", one.redis.url(), "-u", other.redis.url(),
                             "--assert", expr, "-q"})
            .exit_code;
    };
    CHECK(code("entries >= 2") == 0);
    CHECK(code("entries == 3") == 1);
    CHECK(code("entries == 5") == 1);
    CHECK(code("user.hit_rate >= 5%") == 6);
}
